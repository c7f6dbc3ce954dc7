import type { LoginFault } from '../../access/oidc/login.js';
import type { Problem } from '../../ogc/problem.js';
import type { PageMaker } from '../page.js';
import { SignInForm } from '../visitor.js';

/** What the page is made of where one signs in. */
export interface SignInPageResource {
  /** Where one is led to then: a path beneath the server's address. */
  readonly next: string;
  /** Of the form that was sent before. */
  readonly problem?: Problem;
  /** Whether that had a token. */
  readonly hadToken?: boolean;
  /** Why one did not get here by the provider. */
  readonly oidcFault?: LoginFault;
}

export const signInPage: PageMaker<SignInPageResource> = (
  { next, problem, hadToken = false, oidcFault },
  { base, t, visitor },
) => {
  const fault = problem?.status === 401 ? t(hadToken ? 'signIn.wrong' : 'signIn.missing') : problem?.detail;
  const provider = visitor?.provider;
  return {
    title: t('signIn.title'),
    content: (
      <>
        <h1>{t('signIn.title')}</h1>
        {oidcFault ? (
          <p class="fault" role="alert">
            {t(`signIn.oidc.${oidcFault}`, { title: provider })}
          </p>
        ) : null}
        <SignInForm base={base} next={next} fault={fault} provider={provider} />
      </>
    ),
  };
};
