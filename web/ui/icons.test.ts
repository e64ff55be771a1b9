import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

const web = new URL('..', import.meta.url)
const sprite = readFileSync(new URL('ui/icons.svg', web), 'utf8')
const drawn = new Set(Array.from(sprite.matchAll(/<symbol id="([^"]+)"/g), ([, name]) => name))

/** The names that stand in an attribute or a table; those that are chosen from stand in quotes within braces. */
function* namesIn(text: string): Iterable<string> {
  for (const [, name] of text.matchAll(/(?:<Icon name="|\bicon: ')([\w-]+)['"]/g)) if (name) yield name
  for (const [, chosen = ''] of text.matchAll(/<Icon name=\{([^}]+)\}/g))
    for (const [, name] of chosen.matchAll(/[?:] '([\w-]+)'/g)) if (name) yield name
}

test('every icon that is asked for is drawn', () => {
  const missing: string[] = []
  let count = 0
  for (const file of globSync('{app,desk}/**/*.{svelte,ts}', { cwd: web.pathname }))
    for (const name of namesIn(readFileSync(new URL(file, web), 'utf8'))) {
      count++
      if (!drawn.has(name)) missing.push(`${file}: ${name}`)
    }
  assert.ok(count > 100, `${count} icons are too few`)
  assert.deepEqual(missing, [])
})
