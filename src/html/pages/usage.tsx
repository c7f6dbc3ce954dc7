import type { UsageReportDto, UsageReportRowDto, UsageSumsDto } from '../../archive/usage/usage.dto.js';
import type { PageContext } from '../../ogc/pages.js';
import { withParameter } from '../../ogc/representation.js';
import { LinkList, Table } from '../components.js';
import type { PageMaker } from '../page.js';
import { useTexts } from '../texts/texts.js';

const SUMS = ['jobs', 'hours', 'processorHours', 'memoryGiBHours', 'usedProcessorHours', 'usedMemoryGiBHours'] as const;
const PERIODS = { all: undefined, year: 'P365D/..', month: 'P30D/..', week: 'P7D/..' } as const;

export const usagePage: PageMaker<UsageReportDto> = (report, context) => {
  const { by, rows, total, links } = report;
  const { base, t, interfaceLanguage = 'en' } = context;
  const shown = SUMS.filter((name) => total[name] !== undefined);
  const heads = [t(`usage.byOf.${by}`), ...shown.map((name) => t(`usage.${name}`))];
  const cells = (sums: UsageSumsDto) =>
    shown.map((name) => (
      <td data-label={t(`usage.${name}`)}>
        {sums[name]?.toLocaleString(interfaceLanguage, { maximumFractionDigits: 3 }) ?? '–'}
      </td>
    ));
  return {
    title: t('usage.title'),
    links,
    content: (
      <>
        <h1>{t('usage.title')}</h1>
        <p class="muted">{t('usage.note')}</p>
        <Choices context={context} by={by} hasOwners={context.rights !== undefined} />
        {rows.length === 0 ? (
          <p>{t('usage.none')}</p>
        ) : (
          <Table heads={heads}>
            {rows.map((row) => (
              <tr>
                <th scope="row" data-label={heads[0]}>
                  <Key row={row} by={by} base={base} />
                </th>
                {cells(row)}
              </tr>
            ))}
            <tr>
              <th scope="row" data-label={heads[0]}>
                {t('usage.total')}
              </th>
              {cells(total)}
            </tr>
          </Table>
        )}
        <LinkList links={links} />
      </>
    ),
  };
};

function Key({ row: { key, name }, by, base }: { row: UsageReportRowDto; by: UsageReportDto['by']; base: string }) {
  const t = useTexts();
  if (by === 'process') return <a href={`${base}/jobs?${new URLSearchParams({ processID: key })}`}>{key}</a>;
  return <>{by === 'owner' ? (name ?? (key || t('usage.nobody'))) : key}</>;
}

/** Links to the same by something else, or of another time. */
function Choices({
  context: { address, query },
  by,
  hasOwners,
}: {
  context: PageContext;
  by: UsageReportDto['by'];
  hasOwners: boolean;
}) {
  const t = useTexts();
  const kinds = hasOwners ? (['month', 'process', 'owner'] as const) : (['month', 'process'] as const);
  const datetime = query['datetime'] || undefined;
  return (
    <nav aria-label={t('usage.by')}>
      <p>
        {t('usage.by')}:
        {kinds.map((kind) => (
          <Choice href={withParameter(address, 'by', kind)} isChosen={kind === by} text={t(`usage.byOf.${kind}`)} />
        ))}
      </p>
      <p>
        {t('usage.period')}:
        {(Object.keys(PERIODS) as (keyof typeof PERIODS)[]).map((period) => (
          <Choice
            href={withParameter(address, 'datetime', PERIODS[period])}
            isChosen={PERIODS[period] === datetime}
            text={t(`usage.periods.${period}`)}
          />
        ))}
      </p>
    </nav>
  );
}

function Choice({ href, isChosen, text }: { href: string; isChosen: boolean; text: string }) {
  return <> {isChosen ? <strong aria-current="true">{text}</strong> : <a href={href}>{text}</a>}</>;
}
