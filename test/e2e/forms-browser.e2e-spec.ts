import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { kindsFilled, kindsInputs, kindsProcess } from '../fixtures/form-kinds.js';
import { Browser } from '../support/browser.js';
import { SHIPPED_CONFIGURATION, TestBed } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

/** `TEST_CHROMIUM` names a Chromium. */
const chromium = process.env['TEST_CHROMIUM'];
const withBrowser = chromium === undefined ? describe.skip : describe;

withBrowser('a form in a browser', () => {
  let bed: TestBed;
  let browser: Browser;

  beforeAll(async () => {
    bed = await TestBed.start(
      { PYGEOAPI_CONFIG: SHIPPED_CONFIGURATION },
      {
        configuration: (text) => text.replace(/^  bind:\n/m, '  bind:\n    host: 127.0.0.1\n').trimEnd() + kindsProcess,
      },
    );
    browser = await Browser.start(chromium ?? '');
  });
  afterAll(async () => {
    await browser?.stop();
    await bed?.stop();
  });

  const open = async (processId: string) => {
    await browser.open(`${bed.url}/processes/${processId}`);
  };
  /** Fills controls in as people do: those of alternatives once they are chosen. */
  const fill = (values: Readonly<Record<string, string | readonly string[]>>) =>
    browser.evaluate<string[]>(`(() => {
      const missing = [];
      const form = document.querySelector('form[data-form]');
      for (const [name, value] of Object.entries(${JSON.stringify(values)})) {
        const controls = [...form.elements].filter((one) => one.name === name && one.type !== 'file' && !one.disabled);
        if (controls.length === 0) missing.push(name);
        for (const control of controls) {
          if (control.type === 'radio' || control.type === 'checkbox') control.checked = [value].flat().includes(control.value);
          else control.value = value;
          control.dispatchEvent(new Event('input', { bubbles: true }));
          control.dispatchEvent(new Event('change', { bubbles: true }));
        }
      }
      return missing;
    })()`);
  const submit = async (name?: string) => {
    const button = name === undefined ? 'button[type=submit]:not([name])' : `button[name=${name}]`;
    await browser.click(`form[data-form] ${button}`);
  };
  const resultsOf = async (address: string) => {
    const jobId = address.split('/')[4] ?? '';
    await bed.until(jobId, 'successful');
    return (await bed.get(`/jobs/${jobId}/results`)).json();
  };
  const snippet = (kind: string) =>
    browser.evaluate<string>(`document.querySelector('[data-snippet=${kind}] code').textContent`);

  it.each([
    ['with scripts', true],
    ['without scripts', false],
  ])('executes every kind of control %s', async (_, runsScripts) => {
    await browser.show({ runsScripts });
    await open('kinds');
    expect(await fill(kindsFilled)).toEqual([]);
    await submit();
    await browser.loaded(`${bed.url}/jobs/`);
    expect(await resultsOf(await browser.evaluate('location.href'))).toEqual(kindsInputs);
    expect(browser.complaints).toEqual([]);
  });

  it('shows the request as it is filled in, without secrets, in tabs that keys move between', async () => {
    await browser.show();
    await open('kinds');
    await browser.evaluate("document.querySelector('details.snippets').open = true");
    await fill({ ...kindsFilled, token: 'a-token', 'input.number': '1.50', 'more.mode': 'sync' });
    const request = await eventually('the request', async () => {
      const text = await snippet('json');
      return text.includes('1.50') ? text : undefined;
    });
    expect(request).not.toContain('sesame');
    expect(JSON.parse(request)).toEqual({ inputs: { ...kindsInputs, number: 1.5, password: '<password>' } });
    const curl = await snippet('curl');
    expect([curl.includes('Bearer $TOKEN'), curl.includes('a-token'), curl.includes('respond-async')]).toEqual([
      true,
      false,
      false,
    ]);
    const shown =
      "[...document.querySelectorAll('[role=tabpanel]')].filter(({ hidden }) => !hidden).map(({ id }) => id)";
    expect(await browser.evaluate(shown)).toEqual(['snippet:json']);
    await browser.evaluate(`document.querySelector('[role=tab][aria-selected=true]')
      .dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true }))`);
    expect(await browser.evaluate(shown)).toEqual(['snippet:curl']);
    expect(await browser.evaluate('document.activeElement.textContent')).toBe('curl');
  });

  it('shows the alternative that is chosen, and adds rows and lines', async () => {
    await browser.show();
    await open('kinds');
    const alternatives = `[...document.querySelectorAll('[data-alternatives="input.either"] > [data-alternative]')].map(({ hidden }) => hidden)`;
    expect(await browser.evaluate(alternatives)).toEqual([false, true]);
    await fill({ 'input.either.choice': '1' });
    expect(await browser.evaluate(alternatives)).toEqual([true, false]);
    for (let row = 2; row < 4; row++) await browser.click('[data-rows="input.places"] > button');
    expect(await browser.evaluate(`document.querySelector('[data-rows="input.places"] > button').hidden`)).toBe(true);
    expect(await fill({ 'input.places/3': '{"type": "Point", "coordinates": [0, 0]}' })).toEqual([]);
    for (const value of ['1', '2'])
      await browser.evaluate(`(() => {
        const place = document.querySelector('textarea[name="input.numbers"] + .add');
        place.querySelector('input').value = '${value}';
        place.querySelector('button').click();
      })()`);
    await submit();
    await browser.loaded(`${bed.url}/jobs/`);
    expect(await resultsOf(await browser.evaluate('location.href'))).toEqual({
      text: 'hello',
      numbers: [1, 2],
      places: [{ type: 'Point', coordinates: [0, 0] }],
    });
    expect(browser.complaints).toEqual([]);
  });

  it('takes a box and a shape that are drawn on a map', async () => {
    await browser.show();
    await open('kinds');
    /** Points at fractions of the map's width and height, as a mouse does. */
    const point = (selector: string, type: string, x: number, y: number) =>
      browser.evaluate(`(() => {
        const map = document.querySelector(${JSON.stringify(selector)});
        const { left, top, width, height } = map.getBoundingClientRect();
        map.dispatchEvent(new MouseEvent(${JSON.stringify(type)}, { bubbles: true, button: 0, clientX: left + width * ${x}, clientY: top + height * ${y} }));
      })()`);
    const box = '[data-map=bbox] + .map';
    await browser.click('[data-map=bbox] + button.draw');
    await browser.click(`${box} button[aria-pressed=false]`);
    await point(box, 'mousedown', 0.4, 0.6);
    await point(box, 'mousemove', 0.6, 0.4);
    await point(box, 'mouseup', 0.6, 0.4);
    const corners = await browser.evaluate<number[]>(
      `['minx', 'miny', 'maxx', 'maxy'].map((key) => Number(document.querySelector('[data-map=bbox]').closest('form').elements.namedItem(
        document.querySelector('[data-map=bbox]').dataset[key]).value))`,
    );
    const [west = 0, south = 0, east = 0, north = 0] = corners;
    expect([west < east, south < north, corners.every(Number.isFinite)]).toEqual([true, true, true]);
    const shape = '[data-map=geometry] + .map';
    await browser.click('[data-map=geometry] + button.draw');
    await browser.click(`${shape} button[aria-pressed=false]`);
    await point(shape, 'click', 0.5, 0.5);
    const drawn = await browser.evaluate<string>("document.querySelector('[data-map=geometry]').value");
    expect(JSON.parse(drawn)).toMatchObject({ type: 'Point', coordinates: [expect.any(Number), expect.any(Number)] });
    expect(browser.complaints).toEqual([]);
  });

  it('leads from a fault to its control, in the filled form', async () => {
    await browser.show();
    await open('kinds');
    await fill({ 'input.text.json': '[5]', 'input.day': '2026-02-03' });
    await submit('check');
    await browser.loaded(`${bed.url}/processes/kinds/form`);
    await browser.click('.notice li a');
    expect(await browser.evaluate("document.querySelector(':target').name")).toBe('input.text.json');
    expect(await browser.evaluate(`document.querySelector('[name="input.day"]').value`)).toBe('2026-02-03');
    await fill({ 'input.text.json': '' });
    await submit('check');
    await eventually('the verdict', () =>
      browser.evaluate<boolean>("document.querySelector('[role=status]')?.textContent.includes('valid') ?? false"),
    );
  });
});
