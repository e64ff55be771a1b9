import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { compileRegex, RegexError } from '../index.ts'

const find = (pattern: string, text: string, isCaseless = false): string[] | undefined =>
  compileRegex(pattern, isCaseless).match(text)

const cases: [pattern: string, text: string, match: string[] | undefined][] = [
  ['', 'abc', ['']],
  ['b', 'abc', ['b']],
  ['^b', 'abc', undefined],
  ['^$', '', ['']],
  ['a.c', 'a\nc', ['a\nc']],
  ['a.c', 'a🦄c', ['a🦄c']],
  ['<(.*)@', 'Users <users@lists.example>', ['<users@', 'users']],
  [
    String.raw`^\[(.*)\] (.*)$`,
    '[acme-users] [fwd] version 1',
    ['[acme-users] [fwd] version 1', 'acme-users] [fwd', 'version 1'],
  ],
  [String.raw`me(\+.*)?@company\.com`, 'me+list@company.com', ['me+list@company.com', '+list']],
  [String.raw`me(\+.*)?@company\.com`, 'me@companyxcom', undefined],
  ['^[^[:lower:]]+$', 'MAKE MONEY 4 FREE!', ['MAKE MONEY 4 FREE!']],
  ['^[^[:lower:]]+$', 'MAKE MONEY 4 FREe', undefined],
  ['a{2}', 'aaa', ['aa']],
  ['a{2,}', 'aaaa', ['aaaa']],
  ['a{1,2}', 'aaaa', ['aa']],
  ['a{0}b', 'ab', ['b']],
  ['(a|ab)(c|bcd)', 'abcd', ['abcd', 'a', 'bcd']],
  ['a|ab|abc', 'abcd', ['abc']],
  ['x*', 'aaa', ['']],
  ['(a*)*', 'aab', ['aa', 'aa']],
  ['(a*)+', 'b', ['', '']],
  ['(a)|(b)', 'b', ['b', '', 'b']],
  ['()', 'a', ['', '']],
  ['a||b', 'b', ['b']],
  ['[]a]+', 'x]a]', [']a]']],
  ['[^]a]', ']ab', ['b']],
  ['[a-]+', 'x-a', ['-a']],
  ['[+--]+', '+,-', ['+,-']],
  [String.raw`[\n]+`, String.raw`a\n`, [String.raw`\n`]],
  ['[[:alpha:]]+', '1éa2', ['éa']],
  ['[[:digit:][:punct:]]+', 'a1.2b', ['1.2']],
  ['[[=a=][.-.]]+', 'b-a', ['-a']],
  ['[[:space:]]', 'a\tb', ['\t']],
  ['a**', 'aa', ['aa']],
  [String.raw`\.\*\$\^\\`, String.raw`.*$^\ `, [String.raw`.*$^\ `.trim()]],
  ['a^b', 'a^b', undefined],
  ['a}', 'a}', ['a}']],
]

for (const [pattern, text, match] of cases) {
  test(`${pattern} in ${JSON.stringify(text)}`, () => assert.deepEqual(find(pattern, text), match))
}

test('letters of both cases are the same when asked for, also those that are left out', () => {
  assert.deepEqual(find('straße [a-c]+', 'Straße ABC', true), ['Straße ABC'])
  assert.equal(find('[^a-z]', 'ABC', true), undefined)
  assert.deepEqual(find('[[:upper:]]', 'a', true), ['a'])
  assert.equal(find('é', 'É', true), undefined)
})

const malformed: [what: string, pattern: string, reason: string][] = [
  ['a parenthesis that is not closed', '(a', '“)” is missing'],
  ['a parenthesis too many', 'a)', 'there is a “)” too many'],
  ['a bracket that is not closed', '[a', '“]” is missing'],
  ['a bracket with nothing in it', '[]', '“]” is missing'],
  ['a class that does not end', '[[:alpha]', '“:]” is missing'],
  ['a class that there is not', '[[:vowel:]]', 'it names a class of characters that there is not'],
  ['a class named as what every object has', '[[:constructor:]]', 'it names a class of characters that there is not'],
  ['a range to a class', '[a-[:alpha:]]', 'a range within brackets has a class as its end'],
  ['a range the wrong way', '[b-a]', 'the ends of a range within brackets stand in the wrong order'],
  ['a collating sequence', '[[.ch.]]', 'between “[.” and “.]” one character is expected'],
  ['a star at the beginning', '*a', 'there is nothing before “*” that could be repeated'],
  ['a star after a choice', 'a|*', 'there is nothing before “*” that could be repeated'],
  ['a plus in parentheses', '(+)', 'there is nothing before “+” that could be repeated'],
  ['a beginning that is repeated', '^*', 'it repeats “^” or “$”'],
  ['braces with letters', 'a{x}', '“{” begins no number of repetitions'],
  ['braces that do not end', 'a{1', '“{” begins no number of repetitions'],
  ['braces the wrong way', 'a{3,2}', 'the numbers within “{}” stand in the wrong order'],
  ['braces alone', '{1}', 'there is nothing before “{” that could be repeated'],
  ['a backslash at the end', 'a\\', 'it ends with a backslash'],
  ['a back reference', String.raw`(a)\1`, 'a backslash stands before something that has no meaning with it'],
  ['a word boundary', String.raw`\ba`, 'a backslash stands before something that has no meaning with it'],
  ['digits as others write them', String.raw`\d+`, 'a backslash stands before something that has no meaning with it'],
  ['a group as others write it', '(?:a)', 'there is nothing before “?” that could be repeated'],
  ['too many repetitions', 'a{256}', 'it repeats something more than 255 times'],
  ['repetitions of repetitions', 'a{1000}{1000}', 'it repeats something more than 255 times'],
  ['repetitions of repetitions, each of them allowed', 'a{200}{200}', 'it is too big'],
  ['repetitions of nothing', `a{0}${'{255}'.repeat(49)}b{200}{200}`, 'it is too big'],
  ['repetitions of nothing in parentheses', `${'('.repeat(40)}${'){255}'.repeat(40)}`, 'it is too big'],
  ['repetitions of repetitions without end', `a${'*'.repeat(60)}`, 'it repeats repetitions too often'],
  ['a thousand parentheses', '('.repeat(1000), 'its parentheses are nested too deep'],
  ['a hundred groups', '()'.repeat(100), 'it has more than 99 groups'],
  ['a long pattern', 'a'.repeat(5000), 'it is too long'],
  ['a pattern that becomes long', 'a'.repeat(2100), 'it is too big'],
]

for (const [what, pattern, reason] of malformed) {
  test(`refused: ${what}`, () => {
    assert.throws(
      () => compileRegex(pattern, false),
      (error) => error instanceof RegexError && error.message === reason,
    )
  })
}

const cruel: [pattern: string, text: string, matches: boolean][] = [
  ['(a*)*b', 'a'.repeat(50_000), false],
  ['(x+x+)+y', 'x'.repeat(50_000), false],
  ['(a|a)*$', 'a'.repeat(50_000) + 'b', true],
  ['(a?){30}a{30}$', 'a'.repeat(29) + 'b', false],
  ['(.*)*(.*)*(.*)*=', '-'.repeat(20_000), false],
  ['^(([a-z])+.)+[A-Z]([a-z])+$', 'a'.repeat(50_000), false],
]

for (const [pattern, text, matches] of cruel) {
  test(`in time: ${pattern} in ${text.length} characters`, () => {
    assert.equal(find(pattern, text) !== undefined, matches)
  })
}

test('what would take too long is given up', () => {
  const regex = compileRegex('(a?){250}b', false)
  assert.throws(() => regex.match('a'.repeat(100_000)), RegexError)
})

// What POSIX and JavaScript write alike, and mean alike but for which of several matches it is.
const character = fc.constantFrom('a', 'b', 'c')
const { pattern } = fc.letrec<{ pattern: string; sequence: string; repeated: string; atom: string }>((tie) => ({
  atom: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    character,
    fc.constantFrom('.', '[ab]', '[^a]', '[a-c]', String.raw`\.`),
    tie('pattern').map((inner) => `(${inner})`),
  ),
  repeated: fc
    .tuple(tie('atom'), fc.constantFrom('', '', '*', '+', '?', '{2}', '{1,2}', '{0,1}', '{2,}'))
    .map((both) => both.join('')),
  sequence: fc
    .array(fc.oneof({ arbitrary: tie('repeated'), weight: 8 }, fc.constantFrom('^', '$')), { maxLength: 3 })
    .map((all) => all.join('')),
  pattern: fc.array(tie('sequence'), { minLength: 1, maxLength: 2 }).map((all) => all.join('|')),
}))
const text = fc.array(fc.constantFrom('a', 'b', 'c', 'A', '.', '\n'), { maxLength: 7 }).map((all) => all.join(''))

test('the first match, and of these the longest, is the one that JavaScript finds when it looks for it', () => {
  fc.assert(
    fc.property(pattern, text, fc.boolean(), (pattern, text, isCaseless) => {
      const flags = isCaseless ? 'is' : 's'
      const start = text.search(new RegExp(pattern, flags))
      const found = find(pattern, text, isCaseless)
      if (start === -1) return assert.equal(found, undefined)
      // The longest one is not what JavaScript prefers: so each end is tried, from the last one.
      const ends = Array.from({ length: text.length - start + 1 }, (_, index) => text.length - index)
      const end = ends.find((end) => {
        const rest = text.length - end
        return (
          new RegExp(`(?<=^[^]{${start}})(?:${pattern})(?=[^]{${rest}}$)`, flags).exec(text)?.[0].length === end - start
        )
      })
      assert.equal(found?.[0], text.slice(start, end), JSON.stringify({ start, end }))
    }),
    { numRuns: 10_000 },
  )
})

test('groups hold what stands within the match', () => {
  fc.assert(
    fc.property(pattern, text, (pattern, text) => {
      const found = find(pattern, text)
      for (const group of found ?? []) assert.ok(found![0]!.includes(group))
    }),
  )
})

test('whatever the pattern, it is compiled or refused', () => {
  const anything = fc.array(
    fc.constantFrom(
      'a',
      '(',
      ')',
      '[',
      ']',
      '^',
      '-',
      ':',
      '.',
      '=',
      '{',
      '}',
      '1',
      ',',
      '*',
      '+',
      '?',
      '|',
      '\\',
      '$',
      '[:alpha:]',
      '🦄',
    ),
  )
  fc.assert(
    fc.property(anything, text, (parts, text) => {
      try {
        find(parts.join(''), text)
      } catch (error) {
        assert.ok(error instanceof RegexError, String(error))
      }
    }),
    { numRuns: 5000 },
  )
})
