import type { PageMaker } from '../page.js';

/** A page that leads on by itself. */
export interface LeadsOnPageResource {
  /** An address, whole. */
  readonly to: string;
}

export const leadsOnPage: PageMaker<LeadsOnPageResource> = ({ to }, { t }) => ({
  title: t('signIn.leadsOn'),
  content: (
    <>
      <h1>{t('signIn.leadsOn')}</h1>
      <p>
        <a href={to}>{t('signIn.go')}</a>
      </p>
    </>
  ),
});
