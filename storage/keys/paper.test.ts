import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { paperId, paperLines, readPaper } from './paper.ts'

const paper = { id: paperId(randomBytes(32)), key: randomBytes(32) }
const lines = paperLines(paper)
const typed = lines.join('\n')

test('a paper is read back as it was printed, and as people type', () => {
  for (const text of [
    typed,
    `Zegel recovery key\n\n${typed}\n\nPrinted on 2026-11-29, in epoch 4 of the master key.\n`,
    typed.toLowerCase(),
    typed.replaceAll('0', 'o').replaceAll('1', 'l').replace(/^l:/gm, '1:'),
    lines
      .map((line) => line.replace(/^(\d: )(.*)$/, (_, head: string, rest: string) => head + rest.replaceAll(' ', '')))
      .join('\r\n'),
    lines.toReversed().join('\n'),
    typed.replaceAll(': ', ' :  ').replaceAll(' ', '\t'),
  ])
    assert.deepEqual(readPaper(text), paper, text)
})

/** Another letter than the one that stands there. */
const otherThan = (letter: string): string => (letter === '7' ? '8' : '7')
const retype = (line: number, at: number): string =>
  lines
    .map((text, i) => (i === line ? text.slice(0, at) + otherThan(text[at] as string) + text.slice(at + 1) : text))
    .join('\n')

test('an error in typing is named by its line', () => {
  for (let line = 1; line <= 4; line++)
    for (const at of [3, 9, 15, 20])
      assert.throws(
        () => readPaper(retype(line, at)),
        (error: { fields: string[] }) => error.fields.join() === `line ${line}: mistyped`,
        retype(line, at),
      )
})

const HOSTILE: [what: string, text: string, complaint: RegExp][] = [
  ['nothing', '', /"Paper …\.-…\." is missing/],
  ['no id', lines.slice(1).join('\n'), /"Paper …\.-…\." is missing/],
  ['a line missing', lines.filter((_, i) => i !== 2).join('\n'), /^line 2: missing$/],
  ['a line twice, the last missing', [...lines.slice(0, 4), lines[3]].join('\n'), /^line 4: missing$/],
  [
    'two lines in each other’s place',
    typed.replace(/^1:/m, 'x:').replace(/^2:/m, '1:').replace('x:', '2:'),
    /line 1: mistyped,line 2: mistyped/,
  ],
  ['the id mistyped', retype(0, 7), /or the line "Paper" is mistyped/],
  ['letters that are none', typed.replace(/^3: ..../m, '3: ÄÖÜ?'), /^line 3: mistyped$/],
  ['a line too long', typed.replace(/^4: /m, '4: 0000 '), /^line 4: mistyped$/],
  ['a megabyte', `Paper ${'0'.repeat(1_000_000)}`, /is missing/],
]
for (const [what, text, complaint] of HOSTILE)
  test(`refused: ${what}`, () => {
    assert.throws(
      () => readPaper(text),
      (error: { reason: string; fields: string[] }) =>
        error.reason === 'invalid' && complaint.test(error.fields.join()),
    )
  })
