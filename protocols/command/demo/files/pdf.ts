import iconv from 'iconv-lite'

/** A4 in points, and where the text stands on it. */
const PAGE = { width: 595, height: 842, left: 64, top: 770, lines: 44 }
const LINE_HEIGHT = 16

/** The three fonts that every reader has (PDF 1.4 §5.5.1), in the encoding of Windows. */
const FONTS = ['Helvetica', 'Helvetica-Bold', 'Courier']

/** A real PDF: the first line as its title, lines with columns held by spaces in letters of one width. */
export function writePdf(words: string): Buffer {
  const lines = words.split('\n')
  const pages = Array.from({ length: Math.ceil(lines.length / PAGE.lines) }, (_, page) =>
    lines
      .slice(page * PAGE.lines, (page + 1) * PAGE.lines)
      .map((line, at) => writeLine(line, at, page === 0 && at === 0)),
  )
  const firstFont = 3 + pages.length * 2
  const resources = FONTS.map((_, font) => `/F${font} ${firstFont + font} 0 R`).join(' ')
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Count ${pages.length} /Kids [${pages.map((_, page) => `${3 + page * 2} 0 R`).join(' ')}] >>`,
    ...pages.flatMap((content, page) => [
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${PAGE.width} ${PAGE.height}] /Contents ${4 + page * 2} 0 R /Resources << /Font << ${resources} >> >> >>`,
      stream(content.join('\n')),
    ]),
    ...FONTS.map((font) => `<< /Type /Font /Subtype /Type1 /BaseFont /${font} /Encoding /WinAnsiEncoding >>`),
  ]
  return assemble(objects)
}

function writeLine(line: string, at: number, isTitle: boolean): string {
  const font = isTitle ? '/F1 18' : / {3}/.test(line) ? '/F2 10' : '/F0 11'
  const text = line.replace(/[\\()]/g, String.raw`\$&`)
  return `BT ${font} Tf ${PAGE.left} ${PAGE.top - at * LINE_HEIGHT} Td (${text}) Tj ET`
}

const stream = (content: string): string => {
  const length = iconv.encode(content, 'windows-1252').length
  return `<< /Length ${length} >>\nstream\n${content}\nendstream`
}

/** Header, objects, and the table of their offsets, in bytes. */
function assemble(objects: string[]): Buffer {
  const pieces: Buffer[] = [Buffer.from('%PDF-1.4\n%\xe2\xe3\xcf\xd3\n', 'latin1')]
  const offsets: number[] = []
  let size = pieces[0]?.length ?? 0
  for (const [at, object] of objects.entries()) {
    const bytes = iconv.encode(`${at + 1} 0 obj\n${object}\nendobj\n`, 'windows-1252')
    offsets.push(size)
    size += bytes.length
    pieces.push(bytes)
  }
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('')
  const trailer = `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${size}\n%%EOF\n`
  return Buffer.concat([
    ...pieces,
    Buffer.from(`xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}${trailer}`),
  ])
}
