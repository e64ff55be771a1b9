import assert from 'node:assert/strict'
import { test } from 'node:test'
import { joinPlain, partPlain, plainToHtml, quotePlain } from './quoted.ts'

test('what is answered is quoted line by line, what was quoted in it once more, and no signature', () => {
  assert.equal(
    quotePlain('Guten Tag,\r\n\r\n> früher\r\nbis bald\r\n-- \r\nBerta\r\n'),
    '> Guten Tag,\n>\n>> früher\n> bis bald',
  )
})

test('a plain letter comes apart into what was written and what it quotes, and together again', () => {
  const own = 'Gern.\n\n> dazwischen\n\nBis Montag'
  const attribution = 'Am 17. November schrieb Berta:'
  const quote = '> Kommst du?\n>\n> Berta'
  const whole = joinPlain({ own, attribution, quote })
  assert.equal(whole, `${own}\n\n${attribution}\n${quote}`)
  assert.deepEqual(partPlain(whole), { own, attribution, quote })
})

const whole: [name: string, text: string][] = [
  ['without a quote', 'Nur ich.\n\nWirklich'],
  ['empty', ''],
  ['with a quote in the middle alone', 'Du fragst:\n> wann?\n\nMontag'],
]
for (const [name, text] of whole)
  test(`a letter ${name} stays whole`, () =>
    assert.deepEqual(partPlain(text), { own: text, attribution: '', quote: '' }))

test('a letter that is nothing but a quote is a quote', () => {
  assert.deepEqual(partPlain('> a\n> b'), { own: '', attribution: '', quote: '> a\n> b' })
})

test('plain text becomes HTML that shows the same, whatever stands in it', () => {
  assert.equal(
    plainToHtml('a  b <script>\n\n"&"'),
    '<div>a&nbsp; b &lt;script&gt;</div><div><br></div><div>&quot;&amp;&quot;</div>',
  )
})
