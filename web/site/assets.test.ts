import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { assets, mark, stylesheet } from './assets.ts'

const css = Buffer.from(stylesheet.bytes).toString()

test('every file the stylesheet names is one that is served', () => {
  const paths = new Set(assets.map(({ path }) => path))
  const named = [...css.matchAll(/url\(['"]?(.*?)['"]?\)/g)].map(([, path]) => path ?? '')
  assert.ok(named.length >= 6)
  for (const path of named) assert.ok(paths.has(path), path)
  assert.doesNotMatch(css, /@import/)
})

test('no rule is lost when the stylesheet is made small', () => {
  const sources = ['../ui/tokens.css', '../ui/components.css', '../ui/public.css', './site.css']
  const bare = (text: string) => text.replaceAll(/\/\*.*?\*\/|url\([^)]*\)|[\s;]/gs, '')
  const source = sources.map((file) => readFileSync(new URL(file, import.meta.url), 'utf8')).join('')
  assert.equal(bare(css), bare(source))
  // A sum without its spaces is no sum (CSS Values 4, §10.8).
  const sums = (text: string) => text.replaceAll(/\/\*.*?\*\//gs, '').match(/\s[-+]\s/g)?.length
  assert.equal(sums(css), sums(source))
})

test('the mark stands for itself: it needs no stylesheet and runs no script', () => {
  const svg = Buffer.from(mark.bytes).toString()
  assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/)
  assert.doesNotMatch(svg, /var\(|<script|<style| on\w+=|href/)
})
