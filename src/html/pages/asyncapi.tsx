import type { AsyncApiDocument } from '../../pubsub/asyncapi-document.js';
import { Anchor, Table, Text } from '../components.js';
import type { PageMaker } from '../page.js';

export const asyncApiPage: PageMaker<AsyncApiDocument> = ({ info, servers, channels }, { base, language }) => ({
  title: 'Events',
  content: (
    <>
      <h1>Events</h1>
      <Text lang={language}>{info.title}</Text>
      {servers ? (
        <p>
          Broker: <span class="id">{`${servers.default.protocol}://${servers.default.host}`}</span>
        </p>
      ) : null}
      <p>What becomes of jobs is told as CloudEvents 1.0, in the JSON format. Each process has a channel.</p>
      <Table heads={['Process', 'Channel']}>
        {Object.values(channels).map(({ address, title, 'x-ogc-link': { href } }) => (
          <tr>
            <th scope="row" data-label="Process">
              <Anchor href={href}>{title}</Anchor>
            </th>
            <td data-label="Channel" class="id">
              {address}
            </td>
          </tr>
        ))}
      </Table>
      <p>
        <Anchor href={`${base}/asyncapi?f=json`}>The AsyncAPI document</Anchor> has the schema of the messages.
      </p>
    </>
  ),
});
