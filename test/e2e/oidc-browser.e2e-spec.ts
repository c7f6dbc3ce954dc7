import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Browser } from '../support/browser.js';
import { Forward } from '../support/forward.js';
import { AUDIENCE, CLIENTS, TestProvider } from '../support/oidc-provider.js';
import { TestBed } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** `TEST_CHROMIUM` names a Chromium. */
const chromium = process.env['TEST_CHROMIUM'];
const withBrowser = chromium === undefined ? describe.skip : describe;

withBrowser('a browser in which one signs in at a provider', () => {
  let provider: TestProvider;
  let bed: TestBed;
  /** Addresses of two servers: the client of the first has a secret, that of the second has none. */
  let [pages, open] = [{}, {}] as [Forward, Forward];
  let chrome: Browser;
  let browser: Browser;
  let job = '';

  beforeAll(async () => {
    [pages, open] = await Promise.all([Forward.start(), Forward.start()]);
    provider = await TestProvider.start(
      [
        `${pages.url}/sign-in/oidc/callback`,
        `${open.url}/sign-in/oidc/callback`,
        `${open.url}/docs/oauth2-redirect.html`,
      ],
      [`${pages.url}/`, `${open.url}/`],
    );
    bed = await TestBed.startProcess(
      { SECRET_OF_PAGES: CLIENTS.pages.client_secret },
      { configuration: (text) => configured(text, pages.url, 'pages, secret: { env: SECRET_OF_PAGES }') },
    );
    pages.to(bed.url);
    const second = join(bed.cluster.folder, 'second.yaml');
    await writeFile(second, configured(await readFile('test/fixtures/e2e-config.yaml', 'utf8'), open.url, 'programs'));
    open.to((await bed.startReplica({ PYGEOAPI_CONFIG: second })).url);
    job = await bed.submit('lines', {}, { token: await provider.sign() });
  });
  afterAll(async () => {
    await bed?.stop();
    await provider?.goAway();
    await Promise.all([pages, open].map((forward) => forward.stop?.()));
  });
  // The provider's pages name a font of another host.
  beforeAll(async () => {
    chrome = await Browser.start(chromium ?? '', [
      '--host-resolver-rules=MAP fonts.googleapis.com ~NOTFOUND',
      '--disable-popup-blocking',
    ]);
  });
  afterAll(() => chrome?.stop());
  beforeEach(async () => {
    browser = await chrome.apart();
  });
  afterEach(() => browser?.leave());

  function configured(text: string, url: string, client: string): string {
    return `${text.replace('server:\n', `server:\n  url: ${url}\n`)}
access:
  roles:
    user: { may: [read, execute, logs, dismiss], groups: [/lab] }
  oidc:
    issuer: ${provider.issuer}
    title: Test Accounts
    audience: ['${AUDIENCE}']
    scopes: [openid, profile, groups]
    client: { id: ${client} }
`;
  }
  const text = () => browser.evaluate<string>('document.body.innerText');
  const shows = (said: string) => eventually(`"${said}"`, async () => (await text()).includes(said));
  /** At the provider: who one is, and that it may tell this server. */
  async function signInAs(login: string, at = browser): Promise<void> {
    await at.loaded(`${provider.issuer}/interaction/`);
    await eventually('the form', () => at.evaluate<boolean>(`document.querySelector('[name=login]') !== null`));
    await at.evaluate(`{
      for (const name of ['login', 'password']) document.querySelector('[name=' + name + ']').value = ${JSON.stringify(login)};
      document.querySelector('form').requestSubmit();
    }`);
    await eventually('the consent', () => at.evaluate<boolean>(`document.querySelector('[value=consent]') !== null`));
    await at.evaluate(`document.querySelector('form').requestSubmit()`);
  }
  async function beginAt(server: Forward, path = '/jobs'): Promise<void> {
    await browser.open(`${server.url}/sign-in?next=${encodeURIComponent(path)}`);
    await browser.click('a[href*="/sign-in/oidc"]');
  }

  it('is led back, known by name, to where it came from, sees what its groups let it, and signs out at both', async () => {
    await browser.open(`${pages.url}/jobs/${job}`);
    expect(await text()).toContain('Sign in with Test Accounts');
    await beginAt(pages, `/jobs/${job}?lang=en`);
    await signInAs('ann');
    await browser.loaded(`${pages.url}/jobs/${job}?lang=en`);
    await shows('Signed in as Ann Archer');
    expect(await text()).toContain(job);
    expect(await browser.evaluate('document.cookie')).not.toContain('pygeoapi');

    await browser.click('form[action$="/sign-out"] button');
    await browser.loaded(`${provider.issuer}/session/end`);
    await browser.click('[name=logout]');
    await browser.loaded(`${pages.url}/`);
    await shows('Sign in');
    expect(await text()).not.toContain('Ann Archer');
    expect(browser.complaints).toEqual([]);
    // The provider has forgotten, too: it asks who one is.
    await beginAt(pages);
    await browser.loaded(`${provider.issuer}/interaction/`);
    expect(await browser.evaluate(`document.querySelector('[name=login]') !== null`)).toBe(true);
  });

  it('lets another person see none of it', async () => {
    await beginAt(pages, `/jobs/${job}`);
    await signInAs('bob');
    await shows('Signed in as Bob Baker');
    expect(browser.answers.get(`${pages.url}/jobs/${job}`)).toBe(404);
  });

  it('is told that it was refused', async () => {
    await beginAt(pages);
    await browser.loaded(`${provider.issuer}/interaction/`);
    await eventually('the way back', () =>
      browser.evaluate<boolean>(`document.querySelector('a[href$="/abort"]') !== null`),
    );
    await browser.click('a[href$="/abort"]');
    await browser.loaded(`${pages.url}/sign-in/oidc/callback`);
    await shows('Test Accounts did not let you in, or you refused.');
    expect(browser.answers.get(`${pages.url}/sign-in/oidc/callback`)).toBe(403);
  });

  it('cannot come back twice, nor with what another began', async () => {
    await beginAt(pages);
    await browser.loaded(`${provider.issuer}/interaction/`);
    const kept = await cookies();
    expect(kept).toMatchObject([{ name: 'pygeoapi-login', httpOnly: true, sameSite: 'Lax' }]);
    const { value = '' } = kept[0] ?? {};
    await browser.click('a[href$="/abort"]');
    await browser.loaded(`${pages.url}/sign-in/oidc/callback`);
    const address = await browser.evaluate<string>('location.href');
    expect(await cookies()).toEqual([]);
    const again = async (cookie?: string) => {
      const response = await fetch(address, {
        headers: cookie === undefined ? {} : { cookie: `pygeoapi-login=${cookie}` },
      });
      return [response.status, (await response.text()).includes('was not begun in this browser')];
    };
    expect(await again(value)).toEqual([400, true]);
    expect(await again()).toEqual([400, true]);
    expect(await again(`${value.slice(0, -2)}xx`)).toEqual([400, true]);
  });

  const cookies = async () => {
    const { cookies: all } = (await browser.send('Network.getCookies', { urls: [pages.url] })) as unknown as {
      cookies: { name: string; value: string; httpOnly: boolean; sameSite: string }[];
    };
    return all.filter(({ name }) => name.startsWith('pygeoapi'));
  };

  it('is told where the provider is away, while it is', async () => {
    await provider.goAway();
    await browser.open(`${open.url}/sign-in?next=/jobs`);
    await browser.click('a[href*="/sign-in/oidc"]');
    await shows('Test Accounts does not answer now.');
    await provider.comeBack();
    await browser.click('a[href*="/sign-in/oidc"]');
    await browser.loaded(`${provider.issuer}/interaction/`);
  });

  it('gets a token for Swagger UI, by a client without secret', async () => {
    await browser.open(`${open.url}/docs`);
    // Its dialog shows what was known of the provider when it was opened.
    await eventually('the provider being known to Swagger UI', () =>
      browser.evaluate<boolean>(
        `JSON.stringify(window.ui?.authSelectors.definitionsToAuthorize() ?? '').includes('authorization_code')`,
      ),
    );
    await browser.click('.btn.authorize');
    const flow = `[...document.querySelectorAll('.auth-container')].find(({ innerText }) => innerText.includes('authorization_code with PKCE'))`;
    await eventually('the flow', () => browser.evaluate<boolean>(`Boolean(${flow})`));
    expect(await browser.evaluate(`${flow}.querySelector('input[id^=client_id]').value`)).toBe('programs');
    await browser.evaluate(`${flow}.querySelector('button.authorize').click()`);
    const provided = await browser.opened();
    await signInAs('ann', provided);
    const token = await eventually('the token', () =>
      browser.evaluate<string | undefined>(`ui.authSelectors.authorized().toJS().openIdConnect?.token?.access_token`),
    );
    expect((await bed.get('/processes/hello', token)).status).toBe(200);
    expect(browser.complaints).toEqual([]);
  });
});
