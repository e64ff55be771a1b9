import assert from 'node:assert/strict'
import { test } from 'node:test'
import { browserOf, programOf } from './browser.ts'

const CHROME = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0'

const browsers: [userAgent: string | undefined, browser: string | undefined][] = [
  ['Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0', 'Firefox 145.0'],
  [`${CHROME} Safari/537.36`, 'Chrome 142.0.0.0'],
  [`${CHROME} Safari/537.36 Edg/142.0.3595.53`, 'Microsoft Edge 142.0.3595.53'],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Mobile Safari/604.1',
    'Safari 18.1',
  ],
  [undefined, undefined],
  ['', undefined],
  ['   ', undefined],
  ['somebody@example.org', undefined],
]
for (const [userAgent, browser] of browsers) {
  test(`"${userAgent}" is shown as ${browser}`, () => {
    assert.equal(browserOf(userAgent), browser)
  })
}

const programs: [userAgent: string | undefined, program: string | undefined][] = [
  ['Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0', 'Firefox 145.0'],
  ['Mailtemi/1.2 (iPhone; iOS 19)', 'Mailtemi 1.2'],
  ['curl/8.14.1', 'curl 8.14.1'],
  ['node', 'node'],
  ['somebody@example.org', undefined],
  ['<script>alert(1)</script>', undefined],
  ['x'.repeat(1 << 20), undefined],
  [undefined, undefined],
]
for (const [userAgent, program] of programs) {
  test(`a program that calls itself "${userAgent?.slice(0, 40)}" is shown as ${program}`, () => {
    assert.equal(programOf(userAgent), program)
  })
}

const hostile: Record<string, string> = {
  'a megabyte': 'Mozilla/5.0 '.repeat(90_000),
  'a version that is a sentence': `Firefox/${'see me at example.org '.repeat(10)}`,
  'a version of a thousand digits': `Firefox/${'1'.repeat(1000)}`,
  'a script': 'Firefox/<script>alert(1)</script>',
  'a null byte': 'Firefox/1\0',
}
for (const [what, userAgent] of Object.entries(hostile)) {
  test(`nothing but a name and a version is kept of ${what}`, () => {
    assert.match(browserOf(userAgent) ?? '', /^([A-Z][\w .+-]{0,29}( \d[\w.]{0,19})?)?$/)
  })
}
