import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  attributeOf,
  childOf,
  childrenOf,
  readXml,
  textOf,
  writeXml,
  xml,
  XmlError,
  type XmlElement,
  type XmlNode,
} from './index.ts'

test('elements, attributes, text and namespaces are read as they are meant', () => {
  const root = readXml(
    `<?xml version="1.0" encoding="UTF-8"?>\r\n<!-- a remark -->\n<?style none?>
    <D:propfind xmlns:D="DAV:" xmlns="urn:own" D:depth="1"><D:prop a='x &amp; "y"'><name/>über&#x20AC;&#33;<![CDATA[<&>]]>&lt;</D:prop><D:prop xmlns:D="urn:else"/></D:propfind>\n`,
  )
  assert.equal(root.name, 'propfind')
  assert.equal(root.namespace, 'DAV:')
  assert.equal(attributeOf(root, 'depth', 'DAV:'), '1')
  assert.equal(attributeOf(root, 'depth'), undefined)
  const prop = childOf(root, 'prop', 'DAV:') as XmlElement
  assert.equal(attributeOf(prop, 'a'), 'x & "y"')
  assert.equal(textOf(prop), 'über€!<&><')
  assert.equal(childOf(prop, 'name')?.namespace, 'urn:own')
  assert.deepEqual(
    childrenOf(root, 'prop').map(({ namespace }) => namespace),
    ['DAV:', 'urn:else'],
  )
})

test('a default namespace can be taken back, and is none of attributes', () => {
  const root = readXml('<a xmlns="urn:x" b="1"><c xmlns=""/></a>')
  assert.equal(root.attributes[0]?.namespace, '')
  assert.equal(childOf(root, 'c')?.namespace, '')
})

test('line ends and white space of values are as XML says (§2.11, §3.3.3)', () => {
  const root = readXml('<a b="1\r\n2\t3&#10;4">x\r\ny\rz</a>')
  assert.equal(attributeOf(root, 'b'), '1 2 3\n4')
  assert.equal(textOf(root), 'x\ny\nz')
})

const document = (encoding: string): string => `<?xml version="1.0" encoding="${encoding}"?><a>é</a>`
const encodings: Record<string, Uint8Array> = {
  'UTF-8': Buffer.from(document('UTF-8')),
  'UTF-8 with a mark': Buffer.from(`\uFEFF${document('utf-8')}`),
  'UTF-8 that nobody declares': Buffer.from('<a>é</a>'),
  'UTF-16 with a mark': Buffer.from(`\uFEFF${document('UTF-16')}`, 'utf16le'),
  'UTF-16, the high byte first': Buffer.from(`\uFEFF${document('UTF-16')}`, 'utf16le').swap16(),
  'UTF-16 without a mark': Buffer.from(document('UTF-16LE'), 'utf16le'),
  'ISO-8859-1': Buffer.from(document('ISO-8859-1'), 'latin1'),
  'windows-1252': Buffer.from(document('windows-1252'), 'latin1'),
}
for (const [name, bytes] of Object.entries(encodings))
  test(`read in ${name}`, () => assert.equal(textOf(readXml(bytes)), 'é'))

const many = (count: number, text: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => text(i)).join('')

const hostile: Record<string, [document: string | Uint8Array, reason: RegExp]> = {
  'a billion laughs': [
    '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><l>&b;</l>',
    /document type is not read \(line 1, column 1\)/,
  ],
  'a quadratic blow-up': [
    `<!DOCTYPE l [<!ENTITY a "${'a'.repeat(50_000)}">]><l>${'&a;'.repeat(9000)}</l>`,
    /document type/,
  ],
  'a file of ours as an entity': ['<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]><l>&a;</l>', /document type/],
  'an entity of parameters from elsewhere': [
    '<!DOCTYPE l [<!ENTITY % a SYSTEM "http://203.0.113.1/">%a;]><l/>',
    /document type/,
  ],
  'a document type in small letters': ['<!doctype l><l/>', /document type/],
  'an entity that nobody declared': ['<l>\n &a;</l>', /reference that is not known \(line 2, column 2\)/],
  'an entity of HTML': ['<l>&nbsp;</l>', /reference/],
  'an entity named as a property of objects': ['<l>&toString;</l>', /reference|wanted/],
  'a bare ampersand': ['<l>a & b</l>', /reference/],
  'a null by reference': ['<l>&#0;</l>', /reference/],
  'half a surrogate by reference': ['<l>&#xD800;</l>', /reference/],
  'a reference beyond Unicode': ['<l>&#x110000;</l>', /reference/],
  'a reference of a thousand digits': [`<l>&#${'0'.repeat(1000)}65;</l>`, /reference/],
  'a null': ['<l>\0</l>', /character/],
  'half a surrogate': ['<l>\ud83c</l>', /character/],
  'a control character in a name': ['<l\u0001/>', /character/],
  'elements within elements without end': ['<a>'.repeat(100_000), /nested too deep/],
  'elements without number': [`<l>${'<a/>'.repeat(30_000)}</l>`, /too many elements/],
  'attributes without number': [`<l ${many(5000, (i) => `a${i}="" `)}/>`, /too many attributes/],
  'namespaces without number': [
    many(30, (i) => `<a ${many(30, (j) => `xmlns:p${i}-${j}="urn:x" `)}>`),
    /too many namespaces/,
  ],
  'a text of megabytes': [`<l>${'a'.repeat(300_000)}</l>`, /text is too long/],
  'a text of megabytes in pieces': [`<l>${'<![CDATA[aaaaaaaaaaaaaaaaaaaa]]>'.repeat(20_000)}</l>`, /text is too long/],
  'a value of megabytes': [`<l a="${'a'.repeat(300_000)}"/>`, /value is too long/],
  'a name of a megabyte': [`<${'a'.repeat(500_000)}/>`, /name is too long/],
  'a document of megabytes': [`<l>${'a'.repeat(2_000_000)}</l>`, /document is too large/],
  'an attribute that comes twice': ['<l a="1" a="2"/>', /comes twice/],
  'an attribute that comes twice by two prefixes': ['<l xmlns:a="u" xmlns:b="u" a:x="1" b:x="2"/>', /comes twice/],
  'a prefix that is not declared': ['<l:a/>', /not declared/],
  'a prefix of attributes that is not declared': ['<l a:x=""/>', /not declared/],
  'the prefix xml for something else': ['<l xmlns:xml="urn:x"/>', /cannot be declared/],
  'the namespace of declarations': ['<l xmlns:a="http://www.w3.org/2000/xmlns/"/>', /cannot be declared/],
  'a prefix taken back': ['<l xmlns:a="u"><b xmlns:a=""/></l>', /cannot be declared/],
  'a name with two colons': ['<a:b:c xmlns:a="u"/>', /wanted/],
  'an end of another element': ['<a><b></a></b>', /closes no element/],
  'an end without a beginning': ['</a>', /closes no element/],
  'a second element': ['<a/><b/>', /second element/],
  'text after the element': ['<a/>b', /outside/],
  'an element that does not end': ['<a><b></b>', /not closed/],
  'a comment that does not end': ['<a><!-- ', /does not end/],
  'a comment with two hyphens': ['<a><!-- a -- b --></a>', /"--"/],
  'characters that do not end': ['<a><![CDATA[', /does not end/],
  'an instruction that does not end': ['<a><?b', /does not end/],
  'a second declaration': ['<a><?xml version="1.0"?></a>', /declaration/],
  'a value without quotes': ['<a b=c/>', /quote/],
  'a value with an element': ['<a b="<c/>"/>', /"<"/],
  'the end of characters in text': ['<a>]]></a>', /]]>/],
  'no element': ['<?xml version="1.0"?>  ', /no element/],
  nothing: ['', /no element/],
  'bytes that are not UTF-8': [Buffer.from([0x3c, 0x61, 0x3e, 0xff, 0x3c, 0x2f, 0x61, 0x3e]), /encoding/],
  'an encoding that is not read': [Buffer.from('<?xml version="1.0" encoding="UTF-7"?><a/>'), /encoding/],
  'an encoding named as a property of objects': [
    Buffer.from('<?xml version="1.0" encoding="constructor"?><a/>'),
    /encoding/,
  ],
  'UTF-16 with half a character': [Buffer.from([0xff, 0xfe, 0x3c, 0x00, 0x61]), /encoding/],
  'a picture': [Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), /encoding/],
}
for (const [attack, [given, reason]] of Object.entries(hostile))
  test(`refused: ${attack}`, () =>
    assert.throws(
      () => readXml(given),
      (error: unknown) => error instanceof XmlError && reason.test(error.message),
    ))

test('whatever comes, it is read or refused with its place', () => {
  const piece = fc.constantFrom(
    '<',
    '>',
    '/',
    'a',
    ':',
    '"',
    "'",
    '=',
    ' ',
    '&',
    ';',
    '#',
    'xmlns',
    '!--',
    '<![CDATA[',
    ']]>',
    '?',
    '\n',
    '\ud83c',
    'é',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      try {
        readXml(pieces.join(''))
      } catch (error) {
        assert.ok(error instanceof XmlError && error.line >= 1 && error.column >= 1)
      }
    }),
    { numRuns: 3000 },
  )
})

/** Objects as the reader makes them. */
const PLAIN = { noNullPrototype: true } as const

test('what is written is read again as it was', () => {
  const name = fc.stringMatching(/^[a-z_][a-z0-9.-]{0,8}$/)
  const text = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
    .filter((one) => !/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(one))
  const namespace = fc.constantFrom('', 'DAV:', 'urn:a&b"<')
  const { tree } = fc.letrec<{ tree: XmlElement }>((tie) => ({
    tree: fc.record(
      {
        name,
        namespace,
        attributes: fc.uniqueArray(fc.record({ name, namespace, value: text }, PLAIN), {
          maxLength: 3,
          selector: (one) => `${one.namespace} ${one.name}`,
        }),
        children: fc.oneof(
          { depthSize: 'small' },
          fc.constant<XmlNode[]>([]),
          text.map((one): XmlNode[] => [one]),
          fc.array(tie('tree'), { maxLength: 3 }).map((elements): XmlNode[] => elements),
        ),
      },
      PLAIN,
    ),
  }))
  fc.assert(
    fc.property(tree, (root) => {
      // "xmlns" declares, and so is no name of an attribute.
      fc.pre(!JSON.stringify(root).includes('"xmlns"'))
      assert.deepEqual(readXml(writeXml(root)), root)
    }),
  )
})

test('what no document may have is not written', () => {
  assert.throws(() => writeXml(xml('a b')), RangeError)
  assert.throws(() => writeXml(xml('a', { 'b"': '' })), RangeError)
  assert.throws(() => writeXml(xml('a', {}, ['\0'])), RangeError)
  assert.throws(() => writeXml(xml('a', {}, ['\ud83c'])), RangeError)
  assert.equal(
    writeXml(xml('a', { b: '<"' }, ['x & y', 3, undefined, xml('c')])),
    '<?xml version="1.0" encoding="UTF-8"?>\n<a b="&lt;&quot;">x &amp; y3<c/></a>\n',
  )
})
