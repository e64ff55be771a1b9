/** What is found in what is attached to a letter, and that no letter wears us out. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32, deflateRawSync, gzipSync } from 'node:zlib'
import { lookAtAttachments } from './attachments.ts'

const PROGRAM: Buffer = Buffer.concat([Buffer.from('MZ\x90\0\x03\0\0\0', 'latin1'), Buffer.alloc(200)])

interface Written {
  name: string
  content?: Buffer
  /** In the header before the content, where it differs. */
  localName?: string
  isEncrypted?: boolean
  /** What the archive says it becomes. */
  says?: number
  /** Stands at the place of the one before it. */
  isOverlapping?: boolean
}

/** An archive as PKWARE's APPNOTE.TXT has it, or as nobody would write it. */
function zip(files: readonly Written[], change: (end: Buffer) => void = () => undefined): Buffer {
  const bodies: Buffer[] = []
  const directory: Buffer[] = []
  let at = 0
  let last = 0
  for (const {
    name,
    content = Buffer.from('x'),
    localName = name,
    isEncrypted = false,
    says,
    isOverlapping = false,
  } of files) {
    const packed = deflateRawSync(content, { level: 1 })
    const fields = (buffer: Buffer, from: number): Buffer => {
      buffer.writeUInt16LE(isEncrypted ? 1 : 0, from)
      buffer.writeUInt16LE(8, from + 2)
      buffer.writeUInt32LE(crc32(content), from + 8)
      buffer.writeUInt32LE(packed.length, from + 12)
      buffer.writeUInt32LE(says ?? content.length, from + 16)
      return buffer
    }
    const local = fields(Buffer.alloc(30), 6)
    local.write('PK\x03\x04', 'latin1')
    local.writeUInt16LE(Buffer.byteLength(localName), 26)
    const central = fields(Buffer.alloc(46), 8)
    central.write('PK\x01\x02', 'latin1')
    central.writeUInt16LE(Buffer.byteLength(name), 28)
    central.writeUInt32LE(isOverlapping ? last : at, 42)
    directory.push(central, Buffer.from(name))
    if (isOverlapping) continue
    last = at
    bodies.push(local, Buffer.from(localName), packed)
    at += 30 + Buffer.byteLength(localName) + packed.length
  }
  const central = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(Math.min(files.length, 0xffff), 8)
  end.writeUInt16LE(Math.min(files.length, 0xffff), 10)
  end.writeUInt32LE(central.length, 12)
  end.writeUInt32LE(at, 16)
  change(end)
  return Buffer.concat([...bodies, central, end])
}

function tar(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(512)
  header.write(name)
  header.write(content.length.toString(8).padStart(11, '0'), 124)
  header.write('0', 156)
  header.write('ustar', 257)
  return Buffer.concat([header, content, Buffer.alloc(1024 - (content.length % 512))])
}

const base64 = (content: Buffer): string => content.toString('base64').replace(/.{76}/g, '$&\r\n')

/** A letter with one attachment; `fields` name it. */
const attached = (content: Buffer, fields: string): Buffer =>
  Buffer.from(
    'From: bea@example.org\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n' +
      '--b\r\nContent-Type: text/plain\r\n\r\nHello\r\n' +
      `--b\r\nContent-Transfer-Encoding: base64\r\n${fields}\r\n\r\n${base64(content)}\r\n--b--\r\n`,
  )
const named = (name: string, content: Buffer = Buffer.from('harmless')): Buffer =>
  attached(content, `Content-Disposition: attachment; filename="${name}"`)

const found = (letter: Buffer): string[] => lookAtAttachments(letter).map(({ name }) => name)

const NAMES: readonly [attack: string, fields: string][] = [
  ['a program', 'Content-Disposition: attachment; filename=invoice.exe'],
  ['capitals', 'Content-Disposition: attachment; filename="INVOICE.EXE"'],
  ['two extensions', 'Content-Disposition: attachment; filename="invoice.pdf.exe"'],
  ['many spaces between', `Content-Disposition: attachment; filename="invoice.pdf${' '.repeat(120)}.scr"`],
  ['dots after it', 'Content-Disposition: attachment; filename="invoice.exe..."'],
  ['spaces and dots after it', 'Content-Disposition: attachment; filename="invoice.exe . ."'],
  ['the name of the type alone', 'Content-Type: application/pdf; name="invoice.js"'],
  [
    'a harmless name beside it',
    'Content-Type: application/pdf; name="x.vbs"\r\nContent-Disposition: attachment; filename="x.pdf"',
  ],
  ['percents of RFC 2231', "Content-Disposition: attachment; filename*=utf-8''invoice%2Ee%78e"],
  ['pieces of RFC 2231', 'Content-Disposition: attachment; filename*0="invoice."; filename*1="exe"'],
  ['an encoded word', 'Content-Disposition: attachment; filename="=?utf-8?B?aW52b2ljZS5leGU=?="'],
  ['turned letters', "Content-Disposition: attachment; filename*=utf-8''invoice%E2%80%AEfdp.exe"],
  ['letters of full width', "Content-Disposition: attachment; filename*=utf-8''invoice%EF%BC%8E%EF%BD%85xe"],
  ['letters that are not seen', "Content-Disposition: attachment; filename*=utf-8''invoice.e%E2%80%8Bxe"],
  ['a NUL', "Content-Disposition: attachment; filename*=utf-8''invoice.exe%00.txt"],
  ['a stream of NTFS', 'Content-Disposition: attachment; filename="invoice.exe::$DATA"'],
  ['a path', String.raw`Content-Disposition: attachment; filename="..\\..\\autostart\\invoice.lnk"`],
  ['a class', 'Content-Disposition: attachment; filename="invoice.{3050f4d8-98b5-11cf-bb82-00aa00bdce0b}"'],
  ['a packing that is not undone', 'Content-Disposition: attachment; filename="invoice.exe.xz"'],
  ['an image of a disk', 'Content-Disposition: attachment; filename="invoice.iso"'],
]
for (const [attack, fields] of NAMES)
  test(`what runs is found by its name: ${attack}`, () => {
    assert.deepEqual(found(attached(Buffer.from('harmless'), fields)), ['dangerousAttachment'])
  })

const lnk = Buffer.from('L\0\0\0\x01\x14\x02\0\0\0\0\0', 'latin1')
const iso = Buffer.alloc(36_000)
iso.write('CD001', 32_769)
const BYTES: readonly [what: string, content: Buffer][] = [
  ['a program of Windows', PROGRAM],
  ['one of Linux', Buffer.from('\x7fELF\x02\x01\x01\0', 'latin1')],
  ['one of macOS', Buffer.from('\xcf\xfa\xed\xfe\x07\0\0\x01', 'latin1')],
  ['a shortcut', lnk],
  ['a script', Buffer.from('#!/bin/sh\nrm -rf "$HOME"\n')],
  ['an image of a CD', iso],
]
for (const [what, content] of BYTES)
  test(`what runs is found by its bytes: ${what}`, () => {
    assert.deepEqual(lookAtAttachments(named('invoice.pdf', content)), [
      { name: 'dangerousAttachment', values: { name: 'invoice.pdf' } },
    ])
  })

const inZip = (files: readonly Written[], name = 'papers.zip'): Buffer => named(name, zip(files))
let nested = PROGRAM
for (let depth = 0; depth < 3; depth++) nested = zip([{ name: depth === 0 ? 'a.pdf' : 'a.zip', content: nested }])
const HIDDEN: readonly [where: string, letter: Buffer][] = [
  ['in an archive', inZip([{ name: 'read me.txt' }, { name: 'invoice.pdf.exe' }])],
  ['in an archive, by its bytes', inZip([{ name: 'invoice.pdf', content: PROGRAM }])],
  ['in an archive of another name', inZip([{ name: 'invoice.exe' }], 'papers.pdf')],
  ['in an archive in archives', named('papers.zip', nested)],
  ['in an archive, under one name of two', inZip([{ name: 'read.txt', localName: 'invoice.exe' }])],
  ['in an archive, below a path that leads out', inZip([{ name: '../../autostart/run.cmd' }])],
  ['in an archive, with a NUL', inZip([{ name: 'run.cmd\0.txt' }])],
  ['in an archive that breaks off', named('papers.zip', zip([{ name: 'run.cmd' }, { name: 'b.txt' }]).subarray(0, 60))],
  [
    'in an archive with an end that points nowhere',
    named(
      'papers.zip',
      zip([{ name: 'run.cmd' }], (end) => end.writeUInt32LE(0x7fff_ffff, 16)),
    ),
  ],
  [
    'in an archive that says it is a large one and is not',
    named(
      'papers.zip',
      zip([{ name: 'run.cmd' }], (end) => end.fill(0xff, 8, 20)),
    ),
  ],
  [
    'in an archive behind something else',
    named('papers.zip', Buffer.concat([Buffer.alloc(3000, 'x'), zip([{ name: 'run.cmd' }])])),
  ],
  ['in a tar', named('papers.tar', tar('run.cmd', Buffer.from('x')))],
  ['in a tar with gzip', named('papers.tgz', gzipSync(tar('invoice.pdf', PROGRAM)))],
  ['in gzip', named('invoice.gz', gzipSync(PROGRAM))],
  ['in a letter', attached(named('run.cmd'), 'Content-Type: message/rfc822')],
  ['in a letter that is a file', named('letter.eml', named('run.cmd'))],
]
for (const [where, letter] of HIDDEN)
  test(`what runs is found where it hides: ${where}`, () => {
    assert.ok(found(letter).includes('dangerousAttachment'), found(letter).join())
  })

const document = [
  { name: '[Content_Types].xml' },
  { name: 'word/document.xml', content: Buffer.alloc(40_000, '<w:p/>') },
]
const HONEST: readonly [what: string, letter: Buffer][] = [
  ['a letter of text', Buffer.from('From: a@example.org\r\n\r\nMZ wrote that #!/bin/sh is a line\r\n')],
  [
    'a letter that begins with these letters',
    Buffer.from('From: a@example.org\r\n\r\nMZ asks: when do we meet?\r\n\r\n'.repeat(9)),
  ],
  ['a picture', named('holiday.jpg', Buffer.from('\xff\xd8\xff\xe0\0\x10JFIF\0', 'latin1'))],
  ['a document', named('minutes.docx', zip(document))],
  [
    'documents in an archive',
    inZip([
      { name: 'minutes.docx', content: zip(document) },
      { name: 'Bilder/', content: Buffer.alloc(0) },
    ]),
  ],
  ['a program as text, for who reads programs', named('backup.sh', Buffer.from('#!/bin/sh\necho\n'))],
  ['an archive of many files', inZip(Array.from({ length: 3000 }, (_, i) => ({ name: `page ${i}.txt` })))],
  [
    'a protocol that packs well',
    inZip([{ name: 'access.log', content: Buffer.alloc(20_000_000, 'GET /index.html\n') }]),
  ],
  [
    'one that is larger than what is unpacked',
    named('access.log.gz', gzipSync(Buffer.alloc(1_000_000, 'GET /index.html\n'))),
  ],
  ['a name with dots', named('Prot. 12.3.2026.pdf')],
  ['an empty archive', inZip([])],
]
for (const [what, letter] of HONEST)
  test(`nothing is found in ${what}`, () => {
    assert.deepEqual(lookAtAttachments(letter), [])
  })

const rar5 = Buffer.from(`526172211a070100a3b1c2d3210400${'00'.repeat(40)}`, 'hex')
const rar4 = Buffer.from(`526172211a0700cf907380000d00${'00'.repeat(30)}`, 'hex')
const sevenZip = Buffer.concat([
  Buffer.from('377abcaf271c000400000000', 'hex'),
  Buffer.from('0400000000000000100000000000000000000000', 'hex'),
  Buffer.from('aaaaaaaa170620012406f10701000000', 'hex'),
])
const LOCKED: readonly [what: string, letter: Buffer][] = [
  ['a zip', inZip([{ name: 'payslip.pdf', isEncrypted: true }])],
  ['a 7z', named('payslip.7z', sevenZip)],
  ['a RAR 5', named('payslip.rar', rar5)],
  ['a RAR 4', named('payslip.rar', rar4)],
]
for (const [what, letter] of LOCKED)
  test(`an archive with a password is one: ${what}`, () => {
    assert.deepEqual(found(letter), ['encryptedArchive'])
  })

test('a document with macros is one, of both kinds', () => {
  assert.deepEqual(found(named('plan.docm', zip([...document, { name: 'word/vbaProject.bin' }]))), ['macros'])
  const old = Buffer.concat([
    Buffer.from('d0cf11e0a1b11ae1', 'hex'),
    Buffer.alloc(600),
    Buffer.from('_VBA_PROJECT', 'utf16le'),
  ])
  assert.deepEqual(found(named('plan.doc', old)), ['macros'])
})

const zeros = (bytes: number): Buffer => Buffer.alloc(bytes)
let deep = zip([{ name: 'a.txt' }])
for (let depth = 0; depth < 8; depth++) deep = zip([{ name: 'a.zip', content: deep }])
const BOMBS: readonly [attack: string, letter: () => Buffer][] = [
  [
    'gigabytes, as the archive itself says',
    () => inZip([{ name: 'a.txt', content: zeros(1000), says: 4_000_000_000 }]),
  ],
  [
    'an archive in it that is zeros',
    () => inZip([{ name: 'a.zip', content: Buffer.concat([zip([{ name: 'b.txt' }]), zeros(110_000_000)]) }]),
  ],
  [
    'many files at one place',
    () =>
      inZip([
        { name: 'a', content: zeros(1_000_000) },
        ...Array.from({ length: 5000 }, (_, i) => ({ name: `${i}`, isOverlapping: true })),
      ]),
  ],
  ['a size that is a lie', () => inZip([{ name: 'a.txt', content: zeros(500_000), says: 10 }])],
  ['archives in archives without end', () => named('a.zip', deep)],
  ['more files than anybody has', () => inZip(Array.from({ length: 20_001 }, (_, i) => ({ name: `${i}` })))],
  ['a gzip of zeros', () => named('a.gz', gzipSync(zeros(110_000_000), { level: 1 }))],
  [
    'a hundred archives that are all zeros',
    () =>
      inZip(
        Array.from({ length: 100 }, (_, i) => ({
          name: `${i}.zip`,
          content: Buffer.concat([zip([{ name: 'b' }]), zeros(2_000_000)]),
        })),
      ),
  ],
]
for (const [attack, letter] of BOMBS)
  test(`an archive is not unpacked that is ${attack}`, () => {
    assert.ok(found(letter()).includes('archiveBomb'))
  })

const part = '--b\r\nContent-Type: text/plain\r\n\r\nx\r\n'
let mime = 'Content-Type: text/plain\r\n\r\nx\r\n'
for (let depth = 0; depth < 1000; depth++)
  mime = `Content-Type: multipart/mixed; boundary=b${depth}\r\n\r\n--b${depth}\r\n${mime}\r\n--b${depth}--\r\n`
const WIDE: readonly [attack: string, letter: Buffer][] = [
  ['parts in parts, a thousand deep', Buffer.from(`From: a@example.org\r\nMIME-Version: 1.0\r\n${mime}`)],
  [
    'a hundred thousand parts',
    Buffer.from(
      `From: a@example.org\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n${part.repeat(100_000)}--b--\r\n`,
    ),
  ],
]
for (const [attack, letter] of WIDE)
  test(`a letter is held that was not looked through: ${attack}`, () => {
    assert.deepEqual(found(letter), ['tooManyParts'])
  })

test('a letter of fifty megabytes is looked through, and a broken encoding hides nothing', () => {
  assert.deepEqual(found(named('film.mp4', Buffer.alloc(37_000_000, 'film'))), [])
  const garbage = base64(PROGRAM).replace(/.{4}/g, '$&!\x01*')
  const letter = `Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=a.pdf\r\n\r\n${garbage}`
  assert.deepEqual(found(Buffer.from(letter)), ['dangerousAttachment'])
})

test('whatever bytes an archive has, it is looked through', () => {
  const honest = zip([
    { name: 'a.txt', content: zeros(300) },
    { name: 'b.zip', content: zip([{ name: 'c' }]) },
  ])
  for (let at = 0; at < honest.length; at++)
    for (const value of [0, 1, 0x7f, 0xff]) {
      const broken = Buffer.from(honest)
      broken[at] = value
      lookAtAttachments(named('a.zip', broken))
      lookAtAttachments(named('a.zip', broken.subarray(0, at)))
    }
})

test('the name that is shown hides nothing and has an end', () => {
  const [finding] = lookAtAttachments(
    attached(Buffer.from('x'), `Content-Disposition: attachment; filename*=utf-8''%E2%80%AE${'x'.repeat(5000)}.exe`),
  )
  const name = finding?.values?.['name'] ?? ''
  assert.match(name, /^x+…x+\.exe$/)
  assert.ok(name.length <= 101)
})
