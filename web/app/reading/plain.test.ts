import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inlines, parsePlain } from './plain.ts'
import type { Block } from './plain.ts'

function words(blocks: Block[]): unknown[] {
  return blocks.map((block) =>
    block.kind === 'quote'
      ? { quote: words(block.blocks), folded: block.folded }
      : { [block.kind]: block.lines.map((line) => line.map((part) => part.text).join('')) },
  )
}

test('empty lines part paragraphs, and lines that a person ended stay', () => {
  assert.deepEqual(words(parsePlain('Liebe Hanne,\r\n\r\n\r\nHerzlich\r\nMareike\r\n')), [
    { lines: ['Liebe Hanne,'] },
    { lines: ['Herzlich', 'Mareike'] },
  ])
})

test('lines that a program broke at its width are joined', () => {
  const broken = [
    'Neu ist nur die Generalprobe: Sie beginnt am Freitag, dem 11. Dezember,',
    'eine Stunde spaeter als sonst, weil das Kulturhaus um zehn schliesst und',
    'niemand draussen warten soll.',
  ]
  assert.deepEqual(words(parsePlain(broken.join('\n'))), [{ lines: [broken.join(' ')] }])
})

test('a list stays a list, however long its points are', () => {
  const long = 'x'.repeat(70)
  assert.deepEqual(words(parsePlain(`- ${long}\n- ${long}\n1. ${long}`)), [
    { lines: [`- ${long}`, `- ${long}`, `1. ${long}`] },
  ])
})

test('columns held by spaces are kept in letters of one width', () => {
  const table = 'Stimme     Zahl\nSopran       12\nAlt           9'
  assert.deepEqual(words(parsePlain(table)), [{ aligned: table.split('\n') }])
})

test('a quote between answers stays open, one that ends the letter is folded', () => {
  const blocks = parsePlain('> Kommst Du?\nJa.\n\nAm Sonntag schrieb Hanne:\n> Liebe Mareike,\n>> aelter\n> Gruss')
  assert.deepEqual(words(blocks), [
    { quote: [{ lines: ['Kommst Du?'] }], folded: false },
    { lines: ['Ja.'] },
    { lines: ['Am Sonntag schrieb Hanne:'] },
    {
      quote: [{ lines: ['Liebe Mareike,'] }, { quote: [{ lines: ['aelter'] }], folded: false }, { lines: ['Gruss'] }],
      folded: true,
    },
  ])
})

test('a letter that is all quote is not folded away', () => {
  assert.deepEqual(words(parsePlain('> alles\n> hier')), [{ quote: [{ lines: ['alles', 'hier'] }], folded: false }])
})

test('the signature is what follows the last "-- " (RFC 3676 §4.3)', () => {
  assert.deepEqual(words(parsePlain('Text\n-- \nChor St. Nikolaus')), [
    { lines: ['Text'] },
    { signature: ['Chor St. Nikolaus'] },
  ])
})

const links: [line: string, parts: string[]][] = [
  ['Siehe https://example.org/a?b=c.', ['Siehe ', 'https://example.org/a?b=c*', '.']],
  ['(https://example.org/a)', ['(', 'https://example.org/a*', ')']],
  ['https://example.org/wiki/A_(b), dann', ['https://example.org/wiki/A_(b)*', ', dann']],
  ['<HTTPS://Example.org>', ['<', 'HTTPS://Example.org*', '>']],
  ['https://a.example https://b.example', ['https://a.example*', ' ', 'https://b.example*']],
  ['https:// nichts', ['https:// nichts']],
  [
    'javascript:alert(1) data:text/html,x ftp://example.org',
    ['javascript:alert(1) data:text/html,x ftp://example.org'],
  ],
]

for (const [line, parts] of links)
  test(`links in: ${line}`, () => {
    assert.deepEqual(
      inlines(line).map((part) => part.text + (part.href ? '*' : '')),
      parts,
    )
  })

test('a link shows the host that it leads to', () => {
  assert.equal(inlines('https://b\u00fccher.example/')[0]?.href, 'https://xn--bcher-kva.example/')
})

const hostile: [attack: string, text: string][] = [
  ['a million quote signs', '>'.repeat(1_000_000)],
  ['a quote a thousand deep on every line', `${'>'.repeat(1000)}\n`.repeat(1000)],
  ['half a million addresses begun', 'https://'.repeat(130_000)],
  ['addresses that cannot be parsed', 'http://%'.repeat(125_000)],
  ['an address with a million closing brackets', `https://a.example/${')'.repeat(1_000_000)}`],
  ['a million empty lines', '\n'.repeat(1_000_000)],
  ['a million spaces and no line', ' '.repeat(1_000_000)],
  ['signature marks only', '-- \n'.repeat(250_000)],
  ['tabs', '\t'.repeat(500_000)],
]

for (const [attack, text] of hostile)
  test(`a letter of ${attack} is shown in bounded time and depth`, () => {
    const blocks = parsePlain(text)
    let deepest = 0
    const look = (all: Block[], depth: number) => {
      deepest = Math.max(deepest, depth)
      for (const block of all) if (block.kind === 'quote') look(block.blocks, depth + 1)
    }
    look(blocks, 0)
    assert.ok(deepest <= 8)
  })
