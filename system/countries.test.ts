import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openCountries } from './countries.ts'

const folder = mkdtempSync(join(tmpdir(), 'zegel-countries-'))
after(() => rmSync(folder, { recursive: true, force: true }))

function open(ipv4: string, ipv6 = ''): ReturnType<typeof openCountries> {
  const files = { ipv4: join(folder, 'geoip'), ipv6: join(folder, 'geoip6') }
  writeFileSync(files.ipv4, ipv4)
  writeFileSync(files.ipv6, ipv6)
  return openCountries(files)
}

// 192.0.2.0/24 = 3221225984, 198.51.100.0/24 = 3325256704, 203.0.113.0/24 = 3405803776
const v4 = `# a remark
3325256704,3325256959,NL
3221225984,3221226239,BE
3405803776,3405803776,DE
`
const v6 = `# a remark
2001:db8::,2001:db8:0:ffff:ffff:ffff:ffff:ffff,FR
2001:db8:2::,2001:db8:2:ffff:ffff:ffff:ffff:ffff,BE
`

const found: [ip: string, country: string | undefined][] = [
  ['192.0.2.0', 'BE'],
  ['192.0.2.255', 'BE'],
  ['192.0.3.0', undefined],
  ['192.0.1.255', undefined],
  ['198.51.100.7', 'NL'],
  ['203.0.113.0', 'DE'],
  ['203.0.113.1', undefined],
  ['::ffff:192.0.2.9', 'BE'],
  ['0.0.0.0', undefined],
  ['255.255.255.255', undefined],
  ['2001:db8::1', 'FR'],
  ['2001:DB8:0:ffff::1', 'FR'],
  ['2001:db8:1::', undefined],
  ['2001:db8:2::%eth0', 'BE'],
  ['2001:db8:2::192.0.2.1', 'BE'],
  ['2001:db8:2:ffff:ffff:ffff:ffff:ffff', 'BE'],
  ['::', undefined],
  ['::1', undefined],
]
for (const [ip, country] of found)
  test(`${ip} is in ${country ?? 'no country we know of'}`, async () => {
    assert.equal(await open(v4, v6).find(ip), country)
  })

test('without the files no country is told', async () => {
  const countries = openCountries({ ipv4: join(folder, 'none'), ipv6: folder })
  assert.equal(await countries.find('192.0.2.1'), undefined)
  assert.equal(await countries.find('2001:db8::1'), undefined)
})

const hostile: Record<string, string> = {
  'a name instead of two letters': '3221225984,3221226239,Belgium',
  'the question marks that Tor writes for unknown': '3221225984,3221226239,??',
  'an end before its beginning': '3221226239,3221225984,BE',
  'numbers that are none': 'x,y,BE',
  'numbers past all addresses': `${'9'.repeat(400)},${'9'.repeat(400)},BE`,
  'a range without an end': '3221225984,,BE',
  'bytes that are no text': '\u0000\u0001\ufffd,\u0000,BE',
  'an empty file': '',
}
for (const [what, line] of Object.entries(hostile))
  test(`a file with ${what} tells no country`, async () => {
    assert.equal(await open(line).find('192.0.2.1'), undefined)
  })

for (const ip of [
  '',
  'unknown',
  '192.0.2',
  '192.0.2.1.1',
  '2001:db8:::1',
  '1'.repeat(10_000),
  '127.0.0.1',
  '10.1.2.3',
  'fd00::1',
])
  test(`no country for ${JSON.stringify(ip.slice(0, 20))}`, async () => {
    assert.equal(await open('0,4294967295,XX', '::,ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff,XX').find(ip), undefined)
  })

test('a hundred thousand ranges are searched right at every edge', async () => {
  const lines = Array.from(
    { length: 100_000 },
    (_, i) => `${3_000_000_000 + i * 4},${3_000_000_000 + i * 4 + 1},${i % 2 === 0 ? 'BE' : 'NL'}`,
  )
  const countries = open(lines.join('\n'))
  const ipOf = (number: number): string => [24, 16, 8, 0].map((bits) => (number >>> bits) & 255).join('.')
  for (const i of [0, 1, 2, 49_999, 99_998, 99_999]) {
    const first = 3_000_000_000 + i * 4
    const country = i % 2 === 0 ? 'BE' : 'NL'
    assert.deepEqual(await Promise.all([first, first + 1, first + 2].map((number) => countries.find(ipOf(number)))), [
      country,
      country,
      undefined,
    ])
  }
})
