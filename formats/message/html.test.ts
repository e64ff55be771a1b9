import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { htmlToText } from './html.ts'

const PAGES: [string, string][] = [
  ['<p>Hello <b>world</b>&nbsp;&amp; all</p><p>two', 'Hello world & all\ntwo'],
  ['one<br>two<div>three</div>', 'one\ntwo\nthree'],
  ['<table><tr><td>a</td><td>b</td></tr><tr><td>c', 'a b\nc'],
  ['  much \n\t white   space ', 'much white space'],
  ['<style>p{}</style>a<script>if(a<b)"</p>"</script >b', 'ab'],
  ['<head><title>T</title><meta x></head><body>B</body>', 'B'],
  ['<head><title>T</title><p>never closed', 'never closed'],
  ['<div style="Display : none">pre <div>x</div> y</div>Body', 'Body'],
  ['<p hidden>h<p>v', 'v'],
  ['<span style="mso-hide:all">x</span>y', 'y'],
  ['<!-- c -- ><b> -->x<!--[if mso]>y<![endif]-->z<!-->w', 'xzw'],
  ['<!doctype html><?xml version="1.0"?>x', 'x'],
  ['1 < 2 and <3, a<b', '1 < 2 and <3, a'],
  ['<a href="x>y" title=\'q>\'>z</a>', 'z'],
  [
    '&lt;b&gt; &#8364;&#x20AC;&#128;&euro; &bogus; &#0;&#xD800;&#99999999; &auml',
    '<b> €€€€ &bogus; \ufffd\ufffd\ufffd ä',
  ],
  ['<textarea><b></textarea>q', 'q'],
  ['<a =b>c<a/b=c/>d</ >e', 'cde'],
  ['shown<a href="never closed>gone', 'shown'],
  ['shown<!-- never closed', 'shown'],
  ['', ''],
]

for (const [page, text] of PAGES) {
  test(`text of ${JSON.stringify(page)}`, () => {
    assert.equal(htmlToText(page), text)
  })
}

test('what pictures are called is found by search, and only there', () => {
  const page = '<p title="Tip">x<img alt="A &amp; B" src="y">'
  assert.equal(htmlToText(page, { withAttributes: true }), 'Tip x A & B')
  assert.equal(htmlToText(page), 'x')
})

test('no more text is taken than wanted', () => {
  assert.equal(htmlToText('<p>word</p>'.repeat(1_000), { limit: 9 }), 'word\nword')
})

test('no page makes it fail', () => {
  const piece = fc.constantFrom(
    '<',
    '>',
    '"',
    "'",
    '=',
    '/',
    '!--',
    '-->',
    '&',
    ';',
    '#',
    'a',
    'style',
    'script',
    'hidden',
    ' ',
    'head',
    'td',
  )
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 60 }), (pieces) => {
      const text = htmlToText(pieces.join(''), { withAttributes: true })
      assert.doesNotMatch(text, /^\s|\s$|\n\n/)
    }),
    { numRuns: 2_000 },
  )
})

const FLOODS = [
  '<',
  '<a ',
  '<a x="',
  "<a x='",
  '<!--',
  '<script>',
  '</script ',
  '&',
  '&#',
  '<a "',
  '<a b=',
  '<td hidden>',
  '<a =',
  '<!',
  '</',
  '<a/',
  '&nbsp;',
  '<p>',
  '<style></styl',
  '\u00a0 ',
  '<div>',
  '<div style="display:none">',
]
for (const piece of FLOODS) {
  test(`megabytes of ${JSON.stringify(piece)} are read in linear time`, () => {
    assert.equal(typeof htmlToText(piece.repeat(2_000_000 / piece.length), { withAttributes: true }), 'string')
  })
}
