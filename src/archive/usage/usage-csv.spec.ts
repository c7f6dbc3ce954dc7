import { describe, expect, it } from '@jest/globals';
import { usageCsv } from './usage-csv.js';

const sums = { jobs: 2, hours: 0.5, processorHours: 0.05, memoryGiBHours: 1.25 };

describe('usage as CSV', () => {
  it('has a header, and a line for each row', () => {
    expect(usageCsv({ by: 'month', rows: [{ key: '2026-11', ...sums, usedProcessorHours: 0.01 }] })).toBe(
      'month,jobs,hours,processorHours,memoryGiBHours,usedProcessorHours,usedMemoryGiBHours\r\n' +
        '2026-11,2,0.5,0.05,1.25,0.01,\r\n',
    );
    expect(usageCsv({ by: 'process', rows: [] })).toMatch(/^process,jobs,.*\r\n$/);
  });

  it.each([
    ['=1+1', `'=1+1`],
    ['+a', `'+a`],
    ['-a', `'-a`],
    ['@SUM(A1)', `'@SUM(A1)`],
    ['\t=a', `'\t=a`],
    ['=HYPERLINK("https://example.org","a")', `"'=HYPERLINK(""https://example.org"",""a"")"`],
    ['a "b", c', '"a ""b"", c"'],
    ['a\r\nb', '"a\r\nb"'],
    ['Ann', 'Ann'],
  ])('has what spreadsheets would reckon with as text: %j', (name, field) => {
    const [, line] = usageCsv({ by: 'owner', rows: [{ key: 'label', name, ...sums }] }).split(/\r\n(?=label)/);
    expect(line).toBe(`label,${field},2,0.5,0.05,1.25,,\r\n`);
  });
});
