import type { VisualisationListDto } from '../../visualisations/visualisations.dto.js';
import { Anchor, LinkList, Status, Table, Time } from '../components.js';
import type { PageMaker } from '../page.js';

export const visualisationsPage: PageMaker<VisualisationListDto> = ({ visualisations, links }, { t }) => {
  const columns = ['name', 'namespace', 'state', 'why', 'image', 'created'] as const;
  const [name, namespace, state, why, image, created] = columns.map((column) => t(`landing.${column}`));
  return {
    title: t('landing.visualisations'),
    links,
    content: (
      <>
        <h1>{t('landing.visualisations')}</h1>
        {visualisations.length === 0 ? (
          <p>{t('landing.noVisualisations')}</p>
        ) : (
          <Table heads={columns.map((column) => t(`landing.${column}`))}>
            {visualisations.map((one) => (
              <tr>
                <th scope="row" data-label={name}>
                  {one.url === undefined ? one.name : <Anchor href={one.url}>{one.name}</Anchor>}
                </th>
                <td data-label={namespace}>{one.namespace}</td>
                <td data-label={state}>
                  <Status status={one.state} />
                </td>
                <td data-label={why}>
                  {one.reason}
                  {one.message === undefined ? null : <div class="muted">{one.message}</div>}
                </td>
                <td data-label={image} class="id">
                  {one.image}
                </td>
                <td data-label={created}>
                  <Time at={one.created} />
                </td>
              </tr>
            ))}
          </Table>
        )}
        <LinkList links={links} />
      </>
    ),
  };
};
