import { describe, expect, test } from '@jest/globals';
import { askedProfiles, profileUri } from './profiles.js';

const RESULTS = 'https://www.opengis.net/def/profile/OGC/0/ogc-results';
const REQUEST = 'http://www.opengis.net/def/profile/OGC/0/ogc-execute-request';

describe('the profiles that a request asks for', () => {
  test.each<[Record<string, string>, string[]]>([
    [{ accept: `application/json; profile="${RESULTS}"` }, ['ogc-results']],
    [{ accept: `text/html, application/json;profile=${RESULTS};q=0.5` }, ['ogc-results']],
    [{ accept: `application/json; profile="urn:x ${RESULTS}"` }, ['ogc-results']],
    [{ 'accept-profile': `<${RESULTS}>` }, ['ogc-results']],
    [{ 'accept-profile': `<urn:x>; q=0.5, <${REQUEST}>` }, ['ogc-execute-request']],
    [{ 'accept-profile': '[ogc-profile:ogc-results]' }, ['ogc-results']],
    [{ prefer: `respond-async, profile="${RESULTS}"` }, ['ogc-results']],
    [{ prefer: 'profile=ogc-results' }, ['ogc-results']],
    [{ link: `<${REQUEST}>; rel="profile"` }, ['ogc-execute-request']],
    [{ link: `<https://example.org>; rel="up", <${RESULTS}>; rel=profile` }, ['ogc-results']],
    [{ link: `<${RESULTS}>; title="x"; rel="alternate profile"` }, ['ogc-results']],
    [{ link: `<${REQUEST}>; rel="profile"`, 'accept-profile': `<${RESULTS}>` }, ['ogc-results', 'ogc-execute-request']],
  ])('%j are found', (headers, expected) => {
    expect([...askedProfiles(headers)]).toEqual(expected);
  });

  test.each<[Record<string, string>]>([
    [{}],
    [{ accept: 'application/json' }],
    [{ accept: 'application/json; profile="https://example.org/ogc-results"' }],
    [{ 'accept-profile': '<https://www.opengis.net/def/profile/OGC/0/other>' }],
    [{ prefer: 'return=minimal' }],
    [{ link: `<${RESULTS}>; rel="related"` }],
    [{ link: `<${RESULTS}>; rel="myprofile"` }],
  ])('%j asks for none of version 2.0', (headers) => {
    expect([...askedProfiles(headers)]).toEqual([]);
  });

  test('have the URIs of the draft', () => {
    expect(profileUri('ogc-results')).toBe(RESULTS);
  });
});
