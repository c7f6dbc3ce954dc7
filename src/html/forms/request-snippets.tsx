import { isSecretName } from '../../processes/schema/secrets.js';
import { ExactNumber } from '../../json/exact-number.js';
import { SNIPPETS, snippets, type ProgramRequest } from '../browser/snippets.js';
import { useTexts } from '../texts/texts.js';

/**
 * The request for programs. With scripts it follows what is filled in (`browser/form.ts`), one kind at a time, each to be copied.
 */
export function RequestSnippets(program: ProgramRequest) {
  const t = useTexts();
  const request = withoutSecrets(program.request) as ProgramRequest['request'];
  const texts = snippets({ ...program, request });
  return (
    <details class="snippets">
      <summary>{t('form.snippets')}</summary>
      <p class="muted">{t('form.snippetsHint')}</p>
      {SNIPPETS.map((kind) => (
        <section id={`snippet:${kind}`} data-snippet={kind} aria-labelledby={`snippet:${kind}:title`}>
          <h3 id={`snippet:${kind}:title`}>{t(`form.snippet.${kind}`)}</h3>
          <pre tabIndex={0}>
            <code>{texts[kind]}</code>
          </pre>
        </section>
      ))}
    </details>
  );
}

/** What stands under a name of secrets becomes a word in its place. */
function withoutSecrets(value: unknown, key = ''): unknown {
  if (isSecretName(key)) return `<${key}>`;
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item));
  if (typeof value !== 'object' || value === null || value instanceof ExactNumber) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withoutSecrets(member, name)]));
}
