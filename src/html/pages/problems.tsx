import { STATUS_CODES } from 'node:http';
import type { Problem } from '../../ogc/problem.js';
import type { ProblemTypeDto, ProblemTypeListDto } from '../../ogc/problem-types.controller.js';
import { Anchor, Facts, headingOf, LinkList, meaningOf, Text } from '../components.js';
import type { PageMaker } from '../page.js';
import { SignInHere } from '../visitor.js';

export const problemPage: PageMaker<Problem> = (problem, { base }) => {
  const { status, detail, instance, errors } = problem;
  const heading = headingOf(problem);
  return {
    title: heading,
    content: (
      <>
        <h1>{heading}</h1>
        <div class="notice">
          <Text>{detail ?? 'There is nothing more to say about it.'}</Text>
        </div>
        {errors && errors.length > 0 ? (
          <div class="scroll">
            <table>
              <caption>Every fault of the request</caption>
              <thead>
                <tr>
                  <th scope="col">Where</th>
                  <th scope="col">What is wrong</th>
                </tr>
              </thead>
              <tbody>
                {errors.map(({ pointer, message }) => (
                  <tr>
                    <td class="id">{pointer || '(the whole body)'}</td>
                    <td>{message}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        ) : null}
        {status === 401 ? <SignInHere base={base} /> : null}
        <Facts
          facts={[
            ['Status', status === undefined ? undefined : `${status} ${STATUS_CODES[status] ?? ''}`],
            ['Type', meaningOf(problem)],
            ['Instance', instance && <span class="id">{instance}</span>],
          ]}
        />
      </>
    ),
  };
};

export const problemTypesPage: PageMaker<ProblemTypeListDto> = ({ problemTypes, links }) => ({
  title: 'Problems and remedies',
  links,
  content: (
    <>
      <h1>Problems and remedies</h1>
      <p>The types of problems that this server answers, and the causes for which its jobs fail.</p>
      <ul class="cards">
        {problemTypes.map((problemType) => (
          <li>
            <h2 class="first">
              <Anchor href={problemType.type}>{problemType.title}</Anchor>
            </h2>
            <Text>{problemType.meaning}</Text>
          </li>
        ))}
      </ul>
      <LinkList links={links} />
    </>
  ),
});

export const problemTypePage: PageMaker<ProblemTypeDto> = ({ type, title, status, meaning, remedies, links }) => ({
  title,
  links,
  content: (
    <>
      <h1>{title}</h1>
      <Text>{meaning}</Text>
      <h2>What to do</h2>
      <ul class="links">
        {remedies.map((remedy) => (
          <li>{remedy}</li>
        ))}
      </ul>
      <Facts
        facts={[
          ['Status', `${status} ${STATUS_CODES[status] ?? ''}`],
          ['Type', <Anchor href={type}>{type}</Anchor>],
        ]}
      />
      <LinkList links={links} />
    </>
  ),
});
