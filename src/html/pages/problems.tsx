import { STATUS_CODES } from 'node:http';
import type { Problem, ProblemFault } from '../../ogc/problem.js';
import type { ProblemTypeDto, ProblemTypeListDto } from '../../ogc/problem-types.controller.js';
import { Anchor, Facts, headingOf, LinkList, MeaningLink, Text } from '../components.js';
import type { PageMaker } from '../page.js';
import { SignInHere } from '../visitor.js';
import { languageOf, said } from '../texts/said/said.js';
import { useTexts } from '../texts/texts.js';
import { type ProblemTypeWords, problemTypeIn } from '../texts/problem-types.js';

export const problemPage: PageMaker<Problem> = (problem, { base, t, interfaceLanguage }) => {
  const { status, detail, instance, errors } = problem;
  const heading = problemTypeIn(interfaceLanguage, problem.type)?.title ?? headingOf(problem);
  return {
    title: heading,
    content: (
      <>
        <h1>{heading}</h1>
        <div class="notice">
          <Text lang={detail === undefined ? undefined : languageOf(t, detail)}>
            {detail === undefined ? t('common.nothingMore') : said(t, detail)}
          </Text>
        </div>
        {errors && errors.length > 0 ? <FaultTable errors={errors} caption={t('problems.faults')} /> : null}
        {status === 401 ? <SignInHere base={base} /> : null}
        <Facts
          facts={[
            [t('problems.status'), status === undefined ? undefined : `${status} ${STATUS_CODES[status] ?? ''}`],
            [t('problems.type'), <MeaningLink problem={problem} />],
            [t('problems.instance'), instance && <span class="id">{instance}</span>],
          ]}
        />
      </>
    ),
  };
};

/** @param fieldOf the id of the field on this page that a fault is about */
export function FaultTable({
  errors,
  caption,
  fieldOf = () => undefined,
}: {
  errors: readonly ProblemFault[];
  caption?: string;
  fieldOf?: (pointer: string) => string | undefined;
}) {
  const t = useTexts();
  return (
    <div class="scroll">
      <table>
        {caption === undefined ? null : <caption>{caption}</caption>}
        <thead>
          <tr>
            <th scope="col">{t('problems.where')}</th>
            <th scope="col">{t('problems.what')}</th>
          </tr>
        </thead>
        <tbody>
          {errors.map(({ pointer, message }) => {
            const field = fieldOf(pointer);
            return (
              <tr>
                <td class="id">
                  {field === undefined ? pointer || t('problems.body') : <a href={`#${field}`}>{pointer}</a>}
                </td>
                <td lang={languageOf(t, message)}>{said(t, message)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

export const problemTypesPage: PageMaker<ProblemTypeListDto> = ({ problemTypes, links }, { t, interfaceLanguage }) => ({
  title: t('problems.title'),
  links,
  content: (
    <>
      <h1>{t('problems.title')}</h1>
      <p>{t('problems.note')}</p>
      <ul class="cards">
        {problemTypes.map((problemType) => {
          const { title, meaning, lang } = wordsOf(problemType, interfaceLanguage);
          return (
            <li>
              <h2 class="first">
                <Anchor href={problemType.type}>{title}</Anchor>
              </h2>
              <Text lang={lang}>{meaning}</Text>
            </li>
          );
        })}
      </ul>
      <LinkList links={links} />
    </>
  ),
});

export const problemTypePage: PageMaker<ProblemTypeDto> = (problemType, { t, interfaceLanguage }) => {
  const { type, status, links } = problemType;
  const { title, meaning, remedies, lang } = wordsOf(problemType, interfaceLanguage);
  return {
    title,
    links,
    content: (
      <>
        <h1>{title}</h1>
        <Text lang={lang}>{meaning}</Text>
        <h2>{t('problems.todo')}</h2>
        <ul class="links" lang={lang}>
          {remedies.map((remedy) => (
            <li>{remedy}</li>
          ))}
        </ul>
        <Facts
          facts={[
            [t('problems.status'), `${status} ${STATUS_CODES[status] ?? ''}`],
            [t('problems.type'), <Anchor href={type}>{type}</Anchor>],
          ]}
        />
        <LinkList links={links} />
      </>
    ),
  };
};

/** A type in the reader's language, else as the API says it. */
function wordsOf(problemType: ProblemTypeDto, language: string | undefined): ProblemTypeWords & { lang?: string } {
  return problemTypeIn(language, problemType.type) ?? { ...problemType, ...(language === 'en' ? {} : { lang: 'en' }) };
}
