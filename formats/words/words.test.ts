import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import test from 'node:test'
import fc from 'fast-check'
import { parseMessage, textForIndex } from '#formats/message'
import { collectWords, fold, formsOf, hasPhrase, isMeant, parseTerms, phraseStarts, tokensOf } from './index.ts'

const wordsOf = (text: string, most = 100_000): string[] => {
  const words = new Set<string>()
  collectWords(text, words, most)
  return [...words]
}

const texts: Record<string, [text: string, words: string]> = {
  'words without case and accents': ['Ångström ÉTÉ Straße œuvre', 'angstrom angstroem ete strasse oeuvre'],
  'umlauts in both spellings': ['Müller', 'muller mueller'],
  'accents as marks of their own': ['Mu\u0308ller e\u0301te\u0301', 'muller mueller ete'],
  'an address whole and in parts': ['<jan.peeters@example.org>', 'jan peeters example org jan.peeters@example.org'],
  'a host': ['https://www.example.org/a/b', 'https www example org www.example.org a b'],
  'what is joined by a hyphen': ['E-Mail-Adresse', 'e mail adresse e-mail-adresse'],
  'an apostrophe, curly or not': ["l’eau d'or", "l eau l'eau d or d'or"],
  numbers: ['3.14 1,000 2026-09-07', '3 14 3.14 1 000 2026 09 07 2026-09-07'],
  'characters of compatibility': ['ﬁne ｗｉｄｅ ① ½', 'fine wide 1 1⁄2'],
  'pairs of scripts without spaces': ['日本語 テスト', '日本 本語 テス スト'],
  'one such character': ['日', '日'],
  'such characters beside others': ['Zegel日本2', 'zegel 日本 2'],
  'an invisible hyphen and joiners in a word': ['Zei\u00adtung zu\u200bsam\u2060men \ufeffda', 'zeitung zusammen da'],
  'nothing but invisible characters': ['\u200b \u200e\u202e \u0301', ''],
  'right to left with marks of direction': ['\u202bשלום\u202c עולם', 'שלום עולם'],
  'an emoji': ['gut 👍🏽 so', 'gut so'],
  'a word of a megabyte': ['x'.repeat(1_000_000), 'x'.repeat(0)],
  'a line of base64': [`a ${'QmFzZTY0IGxpbmU'.repeat(5)} b`, 'a b'],
  'a number of a hundred digits': ['9'.repeat(100), ''],
  'a path as long as such a line': [`${'/some/long/path'.repeat(6)} x`, 'some long path x'],
}
for (const [what, [text, words]] of Object.entries(texts))
  test(`words of a text: ${what}`, () => {
    assert.deepEqual(wordsOf(text), words === '' ? [] : words.split(' '))
  })

test('the words of a text are bounded, whatever it is', () => {
  const many = Array.from({ length: 200_000 }, (_, i) => `w${i}`).join(' ')
  assert.ok(wordsOf(many, 1000).length < 1050)
  assert.ok(wordsOf(many.replaceAll(' ', '-'), 1000).length < 1050)
  assert.ok(wordsOf('\u65e5\u672c'.repeat(300_000)).length <= 4)
  for (const piece of ['-', "a'", '\u0301', 'a\u200d', '@', 'a-', '=', 'A1b/']) wordsOf(piece.repeat(300_000))
})

test('folding what is folded changes nothing', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => assert.equal(fold(fold(text)), fold(text))))
})

const meant: [search: string, word: string, isMeant: boolean][] = [
  ['Haus', 'haus', true],
  ['Haus', 'hauser', true],
  ['Häuser', 'haus', true],
  ['Haus', 'hausboot', false],
  ['bomen', 'boom', true],
  ['journaux', 'journal', true],
  ['parlée', 'parle', true],
  ['happy', 'happiness', true],
  ['running', 'runs', true],
  ['"Haus"', 'hauser', false],
  ['Müller', 'mueller', true],
  ['Mueller', 'muller', false],
  ['haus*', 'hausboot', true],
  ['*boot', 'hausboot', true],
  ['*boot', 'hausboote', false],
  ['*usb*', 'hausboot', true],
  ['usb', 'hausboot', false],
  ['example.org', 'jan@example.org', true],
  ['ample.org', 'jan@example.org', false],
  ['*ample.org', 'jan@example.org', true],
  ['jan@exam*', 'jan@example.org', true],
  ['e-mail', 'e-mail-adresse', true],
  ['日', '日本', true],
  ['x'.repeat(100), 'x'.repeat(64), false],
]
for (const [search, word, expected] of meant)
  test(`${search.slice(0, 20)} ${expected ? 'means' : 'does not mean'} ${word.slice(0, 20)}`, () => {
    const [term] = parseTerms(search) ?? []
    assert.equal(term?.kind, 'word')
    assert.equal(isMeant(term, word), expected)
  })

const phrases: [search: string, text: string, isThere: boolean][] = [
  ['"guten Tag"', 'Guten,\n Tag!', true],
  ['"guten Tag"', 'Guten Tage', false],
  ['"guten Tag"*', 'Guten Tage', true],
  ['*"ten tag"', 'guten Tag', true],
  ['"frau mueller"', 'Frau Müller', true],
  ['"frau müller"', 'frau mueller', true],
  ['"frau mueller"', 'Frau Muller', false],
  ["'a phrase'", 'this is a phrase', true],
  [String.raw`"a \"b\""`, 'a "b"', true],
  ['"unclosed quote', 'an unclosed quote', true],
  ['日本語', 'これは日本語です', true],
  ['日本語', '日本の語', false],
  ['"to be"', `to ${'x1'.repeat(40)} be`, false],
  ['"soft hyphen"', 'so\u00adft \u200b hyphen', true],
]
for (const [search, text, expected] of phrases)
  test(`the phrase ${search} is ${expected ? '' : 'not '}in ${JSON.stringify(text.slice(0, 30))}`, () => {
    const [term] = parseTerms(search) ?? []
    assert.equal(term?.kind, 'phrase')
    assert.equal(hasPhrase(term, text), expected)
  })

test('a phrase is found in a text as a whole as it is word by word', () => {
  const word = fc.constantFrom('ab', 'Ab', 'äb', 'aeb', 'c', 'c-d', '日本', 'ß', '1', '\u200b', 'x'.repeat(70))
  const text = fc.array(fc.tuple(word, fc.constantFrom(' ', ', ', '\n', '-', '/')), { maxLength: 12 })
  fc.assert(
    fc.property(text, fc.array(word, { minLength: 2, maxLength: 3 }), fc.boolean(), (pieces, words, isOpen) => {
      const written = pieces.flat().join('')
      for (const term of parseTerms(`"${words.join(' ')}"${isOpen ? '*' : ''}`) ?? [])
        if (term.kind === 'phrase')
          assert.equal(hasPhrase(term, written), !phraseStarts(term, [...tokensOf(written)]).next().done)
    }),
    { numRuns: 500 },
  )
})

const searches: Record<string, [search: string, terms: number | undefined]> = {
  nothing: ['', 0],
  blanks: [' \t\n', 0],
  'a star alone': ['*', 0],
  'stars in quotes': ['"***"', 0],
  'unbalanced quotes': ['"'.repeat(1001), 0],
  'a pattern': ['.*+?^$(){}|[]', 0],
  'a quote that never ends': [`"${'\\'.repeat(100_001)}`, 0],
  'ten thousand words': ['word '.repeat(10_000), undefined],
  'ten thousand quotes': ['"a b" '.repeat(10_000), undefined],
  'one word in all possible pieces': ['a-b/c_d"e', 3],
  'a mark alone': ['\u0301', 0],
}
for (const [what, [search, count]] of Object.entries(searches))
  test(`a search of ${what} is read and bounded`, () => {
    assert.equal(parseTerms(search)?.length, count)
  })

test('forms of a word are few and never empty', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (word) => {
      const forms = formsOf(word)
      assert.ok(forms.length <= 2 && forms.every((form) => form !== ''))
    }),
  )
})

test('real mail has words, not too many and none that is too long', () => {
  const folder = new URL('../../../shared/data/mail-spamassassin/hard-ham-1/', import.meta.url)
  for (const file of readdirSync(folder)) {
    const { body } = textForIndex(parseMessage(readFileSync(new URL(file, folder))))
    const words = wordsOf(body)
    assert.ok(words.length <= body.length)
    assert.ok(words.every((word) => word.length <= 128 && !/\s/.test(word)))
  }
})
