import type { AsyncApiDocument } from '../../pubsub/asyncapi-document.js';
import { Anchor, Table, Text } from '../components.js';
import type { PageMaker } from '../page.js';

export const asyncApiPage: PageMaker<AsyncApiDocument> = ({ info, servers, channels }, { base, language, t }) => ({
  title: t('landing.events'),
  content: (
    <>
      <h1>{t('landing.events')}</h1>
      <Text lang={language}>{info.title}</Text>
      {servers ? (
        <p>
          {t('landing.eventsBroker')} <span class="id">{`${servers.default.protocol}://${servers.default.host}`}</span>
        </p>
      ) : null}
      <p>{t('landing.eventsNote')}</p>
      <Table heads={[t('landing.process'), t('landing.processChannel')]}>
        {Object.values(channels).map(({ address, title, 'x-ogc-link': { href } }) => (
          <tr>
            <th scope="row" data-label={t('landing.process')}>
              <Anchor href={href}>{title}</Anchor>
            </th>
            <td data-label={t('landing.processChannel')} class="id">
              {address}
            </td>
          </tr>
        ))}
      </Table>
      <p>
        <Anchor href={`${base}/asyncapi?f=json`}>{t('landing.asyncApi')}</Anchor> {t('landing.asyncApiNote')}
      </p>
    </>
  ),
});
