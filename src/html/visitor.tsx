import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Visitor } from '../ogc/pages.js';
import { TOKEN_FIELD } from './execute-form.js';
import { said } from './texts/said/said.js';
import { useTexts } from './texts/texts.js';

/** Who looks at the page; undefined where nobody can sign in. */
export const VisitorContext = createContext<Visitor | undefined>(undefined);

/** Whether a form has to ask for a token: who is signed in is asked only once that was not enough. */
export function useAsksForToken(wasRefused = false): boolean {
  return useContext(VisitorContext)?.name === undefined || wasRefused;
}

const signInAddress = (base: string, next: string): string => `${base}/sign-in?next=${encodeURIComponent(next)}`;

/** In the bar of each page: who is signed in and how to sign out, or where to sign in. */
export function VisitorBar({ base }: { base: string }) {
  const visitor = useContext(VisitorContext);
  const t = useTexts();
  if (!visitor) return null;
  const { name, next } = visitor;
  if (name === undefined)
    return (
      <a class="visitor" href={signInAddress(base, next)}>
        {t('signIn.submit')}
      </a>
    );
  return (
    <form class="visitor" method="post" action={`${base}/sign-out`}>
      <a href={`${base}/me`}>{t('signIn.signedInAs', { name })}</a>
      <button class="plain" type="submit">
        {t('signIn.signOut')}
      </button>
    </form>
  );
}

interface SignInFormProps {
  readonly base: string;
  /** Where it leads then. */
  readonly next: string;
  /** Of the form that was sent before. */
  readonly fault?: string;
  /** Where one can sign in as well. */
  readonly provider?: string;
}

/** Leads to the provider, or asks for the token once. */
export function SignInForm({ base, next, fault, provider }: SignInFormProps) {
  const t = useTexts();
  const isWrong = fault !== undefined;
  return (
    <>
      {provider === undefined ? null : (
        <p>
          <a class="button" href={`${base}/sign-in/oidc?next=${encodeURIComponent(next)}`}>
            {t('signIn.with', { title: provider })}
          </a>
        </p>
      )}
      <form method="post" action={`${base}/sign-in`}>
        <input type="hidden" name="next" value={next} />
        <div class="field">
          <label for="sign-in-token">{t('signIn.token')}</label>
          <input
            id="sign-in-token"
            name={TOKEN_FIELD}
            type="password"
            autocomplete="current-password"
            required
            aria-describedby={isWrong ? 'sign-in-fault sign-in-hint' : 'sign-in-hint'}
            {...(isWrong ? { 'aria-invalid': 'true' as const } : {})}
          />
          {isWrong ? (
            <strong class="fault" id="sign-in-fault" role="alert">
              {said(t, fault)}
            </strong>
          ) : null}
          <small id="sign-in-hint">{t('signIn.hint')}</small>
        </div>
        <button type="submit">{t('signIn.submit')}</button>
      </form>
    </>
  );
}

/** Beneath a refusal for want of a token: the form, for who is not signed in. */
export function SignInHere({ base }: { base: string }) {
  const visitor = useContext(VisitorContext);
  const t = useTexts();
  if (!visitor || visitor.name !== undefined) return null;
  return (
    <section aria-labelledby="sign-in">
      <h2 id="sign-in">{t('signIn.title')}</h2>
      {visitor.isHeldBack ? (
        <p>
          {t('signIn.heldBack')} <a href={base + visitor.next}>{t('signIn.goOn')}</a>
        </p>
      ) : null}
      <SignInForm base={base} next={visitor.next} provider={visitor.provider} />
    </section>
  );
}

/** What is not shown to who is not signed in, and where that changes. */
export function SignInToSee({
  base,
  what,
}: {
  base: string;
  what: 'seeStatus' | 'seeLog' | 'seeMessages' | 'toBeKnown' | 'execute';
}) {
  const visitor = useContext(VisitorContext);
  const t = useTexts();
  if (!visitor || visitor.name !== undefined) return null;
  return (
    <p>
      <a href={signInAddress(base, visitor.next)}>{t(`signIn.${what}`)}</a>
    </p>
  );
}
