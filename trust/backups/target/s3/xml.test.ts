import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inside, readXml, textOf } from './xml.ts'

test('a list is read as stores write it', () => {
  const root = readXml(
    '<?xml version="1.0" encoding="UTF-8"?>\n<List xmlns="http://s3.amazonaws.com/doc/2006-03-01/">\n  <Prefix/><Key>a&amp;b&#x2F;&#47;c</Key><Key>d</Key></List>\n',
  )
  assert.ok(root)
  assert.deepEqual([root.name, textOf(root, 'Prefix'), textOf(root, 'None')], ['List', '', ''])
  assert.deepEqual(
    inside(root, 'Key').map(({ text }) => text),
    ['a&b//c', 'd'],
  )
})

const HOSTILE: [attack: string, text: string][] = [
  ['nothing', ''],
  ['text alone', 'AccessDenied'],
  ['a web page', '<!DOCTYPE html><html><body>Sign in</body></html>'],
  ['a document type', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'],
  ['an entity of its own', '<a>&b;</a>'],
  ['an entity that every object has', '<a>&valueOf;</a>'],
  ['an entity by a property’s name', '<a>&toString;</a>'],
  ['half an entity', '<a>&amp</a>'],
  ['a character that is none', '<a>&#x110000;</a>'],
  ['a zero', '<a>&#0;</a>'],
  ['a comment', '<a><!-- b --></a>'],
  ['a section of characters', '<a><![CDATA[<b>]]></a>'],
  ['an instruction within', '<a><?b c?></a>'],
  ['an end too few', '<a><b></b>'],
  ['an end too many', '<a></a></a>'],
  ['ends in the wrong order', '<a><b></a></b>'],
  ['an end that is empty', '<a></a/>'],
  ['two roots', '<a/><b/>'],
  ['text after the root', '<a/>b'],
  ['a tag cut off', '<a><b'],
  ['a name without end', `<${'a'.repeat(100_000)}/>`],
  ['deeper than any answer', '<a>'.repeat(100) + '</a>'.repeat(100)],
  ['more elements than any answer', `<a>${'<b/>'.repeat(60_000)}</a>`],
  ['a tag in a tag', '<a b="<c>"/>'],
  ['spaces without end', `<a ${' '.repeat(200_000)}`],
]
for (const [attack, text] of HOSTILE)
  test(`not read as an answer: ${attack}`, () => {
    assert.equal(readXml(text), undefined)
  })
