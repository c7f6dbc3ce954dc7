import type { LimitsDto, MeDto } from '../../access/me/me.dto.js';
import { Facts, LinkList, Table, Time } from '../components.js';
import type { PageMaker } from '../page.js';
import { readableSize } from '../results/sizes.js';
import { useTexts } from '../texts/texts.js';
import { SignInToSee } from '../visitor.js';

export const mePage: PageMaker<MeDto> = (me, { base, t, interfaceLanguage = 'en' }) => {
  const { means, issuer, subject, name, until, owner, ownJobs, roles, permissions, limits, subscriberSecret, links } =
    me;
  const heading = means === 'anonymous' ? t('me.nobody') : t('me.heading', { name: name ?? subject ?? '' });
  return {
    title: t('me.title'),
    links,
    content: (
      <>
        <h1>{heading}</h1>
        {means === 'anonymous' ? <p>{t(roles ? 'me.anonymousRoles' : 'me.anonymous')}</p> : null}
        {means === 'anonymous' ? <SignInToSee base={base} what="toBeKnown" /> : null}
        <Facts
          facts={[
            [t('me.subject'), subject && <span class="id">{subject}</span>],
            [t('me.issuer'), issuer && <span class="id">{issuer}</span>],
            [t('me.means'), t(`me.meansOf.${means}`)],
            [t('me.until'), until && <Time at={until} />],
            [t('me.roles'), roles && (roles.join(', ') || t('me.none'))],
            [t('me.jobs'), ownJobs === undefined ? undefined : t(ownJobs ? 'me.ownJobs' : 'me.allJobs')],
            [t('me.owner'), owner && <span class="id">{owner}</span>],
            [t('me.secret'), subscriberSecret && <Hidden text={subscriberSecret} />],
          ]}
        />
        {permissions && permissions.length > 0 ? (
          <section aria-labelledby="may">
            <h2 id="may">{t('me.may')}</h2>
            <Table heads={[t('me.role'), t('me.actions'), t('me.processes')]}>
              {permissions.map(({ role, actions, processes }) => (
                <tr>
                  <td>{role}</td>
                  <td>{actions.join(', ')}</td>
                  <td class="id">{processes.join(', ')}</td>
                </tr>
              ))}
            </Table>
          </section>
        ) : null}
        <Limits limits={limits} language={interfaceLanguage} />
        <LinkList links={links} />
      </>
    ),
  };
};

/** What is not for who looks over one's shoulder. */
function Hidden({ text }: { text: string }) {
  const t = useTexts();
  return (
    <details>
      <summary>{t('me.show')}</summary>
      <span class="id">{text}</span>
    </details>
  );
}

const NAMES = ['running', 'waiting', 'submissionsPerMinute', 'inputBytes', 'storedBytes'] as const;

function Limits({ limits, language }: { limits: LimitsDto | undefined; language: string }) {
  const t = useTexts();
  if (!limits) return null;
  const shown = (name: string, amount: number | undefined) =>
    amount === undefined ? '–' : name.endsWith('Bytes') ? readableSize(amount, language) : amount;
  const rows = NAMES.flatMap((name) => {
    const usage = limits[name];
    return usage ? [{ name, ...usage }] : [];
  });
  return (
    <section aria-labelledby="limits">
      <h2 id="limits">{t('me.limits')}</h2>
      {rows.length === 0 ? (
        <p>{t('me.noLimits')}</p>
      ) : (
        <Table heads={[t('me.limit'), t('me.most'), t('me.used')]}>
          {rows.map(({ name, limit, used }) => (
            <tr>
              <td>{t(`me.limitOf.${name}`)}</td>
              <td>{shown(name, limit)}</td>
              <td>{shown(name, used)}</td>
            </tr>
          ))}
        </Table>
      )}
    </section>
  );
}
