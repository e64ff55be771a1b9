import assert from 'node:assert/strict'
import { test } from 'node:test'
import { separateStyles } from './separate.ts'

const cases: [name: string, html: string, kept: string, styles: string[]][] = [
  ['a style attribute is renamed', '<p style="color:red" class=a>x</p>', '<p data-s="color:red" class=a>x</p>', []],
  ['in any case and spacing', "<p\nSTYLE = 'a'>", "<p data-s = 'a'>", []],
  ['a style sheet is taken out', 'a<style>b{}</style>c', 'ac', ['b{}']],
  ['one that is never closed too', '<style>b{', '', ['b{']],
  ['event attributes are left out', '<img src=x onerror="a>b" alt=y>', '<img src=x alt=y>', []],
  ['scripts are left out', 'a<script>"<p style=x>"</script>b', 'ab', []],
  ['comments are left out', 'a<!-- <p style=x> -->b', 'ab', []],
  ['words that look like an attribute stay', 'a < b style="x"', 'a < b style="x"', []],
  ['what is text by its element stays', '<title><p style="b"></title>', '<title><p style="b"></title>', []],
  ['end tags stay', '</p style="x">', '</p style="x">', []],
]

for (const [name, html, kept, styles] of cases)
  test(name, () => {
    assert.deepEqual(separateStyles(html, 'data-s'), { html: kept, styles })
  })

const hostile: [attack: string, html: string][] = [
  ['a million opening signs', '<'.repeat(1_000_000)],
  ['tags that are never closed', '<p '.repeat(300_000)],
  ['quotes that are never closed', '<p a="'.repeat(150_000)],
  ['comments that are never closed', '<!--'.repeat(250_000)],
  ['style sheets that are never closed', '<style>'.repeat(140_000)],
  ['titles that are never closed', '<title>'.repeat(140_000)],
  ['a million attributes', `<p ${'a '.repeat(500_000)}`],
  ['equal signs', `<p ${'='.repeat(1_000_000)}`],
  ['spaces in a tag', `<p a${' '.repeat(1_000_000)}`],
]

for (const [attack, html] of hostile)
  test(`a letter of ${attack} is separated in bounded time`, () => {
    assert.ok(separateStyles(html, 'data-s').html.length <= 2 * html.length)
  })
