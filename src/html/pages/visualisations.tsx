import type { VisualisationListDto } from '../../visualisations/visualisations.dto.js';
import { Anchor, LinkList, Status, Table, Time } from '../components.js';
import type { PageMaker } from '../page.js';

export const visualisationsPage: PageMaker<VisualisationListDto> = ({ visualisations, links }) => ({
  title: 'Visualisations',
  links,
  content: (
    <>
      <h1>Visualisations</h1>
      {visualisations.length === 0 ? (
        <p>There are no visualisations.</p>
      ) : (
        <Table heads={['Name', 'Namespace', 'State', 'Why', 'Image', 'Created']}>
          {visualisations.map(({ namespace, name, state, reason, message, url, image, created }) => (
            <tr>
              <th scope="row" data-label="Name">
                {url === undefined ? name : <Anchor href={url}>{name}</Anchor>}
              </th>
              <td data-label="Namespace">{namespace}</td>
              <td data-label="State">
                <Status status={state} />
              </td>
              <td data-label="Why">
                {reason}
                {message === undefined ? null : <div class="muted">{message}</div>}
              </td>
              <td data-label="Image" class="id">
                {image}
              </td>
              <td data-label="Created">
                <Time at={created} />
              </td>
            </tr>
          ))}
        </Table>
      )}
      <LinkList links={links} />
    </>
  ),
});
