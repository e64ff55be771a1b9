import assert from 'node:assert/strict'
import test from 'node:test'
import { decodeParameters, parseStructured } from './parameters.ts'

interface Sample {
  readonly text: string
  readonly value: string
  readonly parameters: Record<string, string>
}

const SAMPLES: readonly Sample[] = [
  { text: ' Text/Plain; charset=us-ascii (plain text)', value: 'text/plain', parameters: { charset: 'us-ascii' } },
  { text: ' (a) text/html (b) ; (c) charset = "utf-8"', value: 'text/html', parameters: { charset: 'utf-8' } },
  // RFC 2231 §4.1
  {
    text: ` a/x; title*0*=us-ascii'en'This%20is%20even%20more%20;\r\n title*1*=%2A%2A%2Afun%2A%2A%2A%20; title*2="isn't it!"`,
    value: 'a/x',
    parameters: { title: "This is even more ***fun*** isn't it!" },
  },
  { text: ' a/x; url*1="b.example"; url*0="ftp://a."', value: 'a/x', parameters: { url: 'ftp://a.b.example' } },
  { text: " x; filename*=iso-8859-1''p%E4ring.jpg", value: 'x', parameters: { filename: 'päring.jpg' } },
  { text: " x; filename=plain.txt; filename*=utf-8''%C3%BC.txt", value: 'x', parameters: { filename: 'ü.txt' } },
  { text: ' x; filename*=no%20charset.txt', value: 'x', parameters: { filename: 'no charset.txt' } },
  { text: ' x; filename*0=a; filename*1=b; filename*0=c', value: 'x', parameters: { filename: 'ab' } },
  { text: ' x; name="=?utf-8?B?VGVzdC5wZGY=?="', value: 'x', parameters: { name: 'Test.pdf' } },
  { text: ' x; name==?utf-8?B?VGVzdC5wZGY=?=', value: 'x', parameters: { name: 'Test.pdf' } },
  { text: ' x; name="ci\u00c3\u00able.txt"', value: 'x', parameters: { name: 'ciële.txt' } },
  { text: ' x; name="caf\u00e9.txt"', value: 'x', parameters: { name: 'café.txt' } },
  // As written in the wild.
  { text: ' multipart/mixed\r\n\tboundary="b"', value: 'multipart/mixed', parameters: { boundary: 'b' } },
  { text: ' ;\r\n filename="a.png"', value: '', parameters: { filename: 'a.png' } },
  { text: ' x; filename=This is a test.txt; a=b', value: 'x', parameters: { filename: 'This is a test.txt', a: 'b' } },
  { text: ' x; filename=report (1).pdf', value: 'x', parameters: { filename: 'report (1).pdf' } },
  {
    text: String.raw` x; filename="C:\mail\new.txt"`,
    value: 'x',
    parameters: { filename: String.raw`C:\mail\new.txt` },
  },
  { text: String.raw` x; filename="a \"b\" \\.txt"`, value: 'x', parameters: { filename: String.raw`a "b" \.txt` } },
  { text: ' x; charset=utf-8 boundary=b', value: 'x', parameters: { charset: 'utf-8', boundary: 'b' } },
  { text: ' x; name="never closed', value: 'x', parameters: { name: 'never closed' } },
  { text: ' x; a=1; a=2;; ; =3; b', value: 'x', parameters: { a: '1' } },
  { text: ' x; __proto__=y; constructor=z', value: 'x', parameters: { ['__proto__']: 'y', constructor: 'z' } },
  { text: " x; filename*=utf-8''a%0D%0AX-Evil:%20b%00.txt", value: 'x', parameters: { filename: 'aX-Evil: b.txt' } },
  { text: '', value: '', parameters: {} },
]

for (const { text, value, parameters } of SAMPLES) {
  test(`parameters of ${JSON.stringify(text)}`, () => {
    const structured = parseStructured(text)
    const decoded = decodeParameters(structured.attributes)
    assert.equal(structured.value, value)
    assert.deepEqual(Object.entries(decoded).toSorted(), Object.entries(parameters).toSorted())
    assert.equal(Object.getPrototypeOf(decoded), null)
  })
}

test('any number of parameters costs what its length says', () => {
  for (const piece of [';', '(', '"', 'a=', 'a="', '\\', ' ', 'a ', 'a=b ', 'a=b;', '=', 'a*1=b;', 'a="\\', "a*='"]) {
    const { attributes } = parseStructured(`x; ${piece.repeat(1_000_000 / piece.length)}`)
    assert.ok(Object.keys(decodeParameters(attributes)).length <= 200, piece)
  }
})
