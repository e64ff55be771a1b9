import { domainToUnicode } from 'node:url'

/** Signs of other scripts that a reader takes for a Latin letter; a choice of UTS #39 confusables that domains can be registered with. */
const LIKE = new Map(
  Object.entries({
    a: 'аɑα',
    b: 'ьƅ',
    c: 'сϲ',
    d: 'ԁɗ',
    e: 'еҽєε',
    f: 'ƒ',
    g: 'ɡցԍ',
    h: 'һհ',
    i: 'іıɩι',
    j: 'јϳ',
    k: 'κк',
    l: 'ӏⅼ',
    m: 'мⅿ',
    n: 'ոռпη',
    o: 'оοօσ',
    p: 'рρ',
    q: 'ԛզ',
    r: 'гᴦ',
    s: 'ѕꜱ',
    t: 'тτ',
    u: 'υսʋ',
    v: 'νѵᴠ',
    w: 'ԝѡω',
    x: 'хχ',
    y: 'уүγ',
    z: 'ᴢ',
  }).flatMap(([latin, others]) => Array.from(others, (other) => [other, latin] as const)),
)

/** What looks the same in a usual typeface, in this order. */
const SAME: readonly [RegExp, string][] = [
  [/rn/g, 'm'],
  [/vv/g, 'w'],
  [/cl/g, 'd'],
  [/0/g, 'o'],
  [/[1i]/g, 'l'],
  [/5/g, 's'],
  [/-/g, ''],
  // A letter more or less in a row of the same is seen by nobody.
  [/([a-z])\1+/g, '$1'],
]

/** What a domain looks like: two with the same looks are easily taken for one another. */
export function looksOf(domain: string): string {
  const letters = domainToUnicode(domain).normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
  const latin = Array.from(letters, (letter) => LIKE.get(letter) ?? letter).join('')
  return SAME.reduce((text, [pattern, same]) => text.replace(pattern, same), latin)
}

/** Labels of a domain that are looked at. */
const MOST_LABELS = 5

/** The domain and those it lies in, without the last label alone: `a.b.org` gives `a.b.org` and `b.org`. */
export function suffixesOf(domain: string): string[] {
  const labels = domain.toLowerCase().split('.').slice(-MOST_LABELS)
  return labels.slice(0, -1).map((_, at) => labels.slice(at).join('.'))
}
