/** An HTML text without its styles, and these. */
export interface Separated {
  html: string
  styles: string[]
}

/** Elements whose content is text and not markup. */
const rawText = ['script', 'style', 'noscript', 'title', 'textarea', 'xmp', 'iframe', 'noembed', 'noframes']
/** Elements that are left out, with that content. */
const dropped = ['script', 'style', 'noscript', 'base', 'link', 'meta']

/**
 * Takes the style sheets out of HTML, renames its style attributes and leaves out what acts: scripts, event attributes,
 * what concerns the whole page. This is not what makes a letter safe: the cleaner does that, and takes away whatever is
 * overlooked here. It is done before the text is parsed because a browser reports every style and event attribute it
 * meets, even in a document that is never shown, as a violation of the page's policy. Takes time linear in the text.
 * @param styleAttribute  the new name of style attributes
 */
export function separateStyles(html: string, styleAttribute: string): Separated {
  const kept: string[] = []
  const styles: string[] = []
  let at = 0
  for (;;) {
    const open = html.indexOf('<', at)
    if (open < 0) break
    kept.push(html.slice(at, open))
    if (html.startsWith('<!--', open)) {
      at = after(html, '-->', open)
      continue
    }
    const name = tagName(html, open + 1)
    if (name === '') {
      kept.push('<')
      at = open + 1
      continue
    }
    const tag = readTag(html, open + 1 + name.length, styleAttribute)
    at = tag.end
    const lower = name.toLowerCase()
    const content = rawText.includes(lower) ? endOfRawText(html, lower, at) : undefined
    if (dropped.includes(lower)) {
      if (lower === 'style' && content !== undefined) styles.push(html.slice(at, content))
      if (content !== undefined) at = after(html, '>', content)
      continue
    }
    kept.push(`<${name}${tag.attributes}`)
    if (content !== undefined) {
      kept.push(html.slice(at, content))
      at = content
    }
  }
  kept.push(html.slice(at))
  return { html: kept.join(''), styles }
}

function after(html: string, what: string, from: number): number {
  const found = html.indexOf(what, from)
  return found < 0 ? html.length : found + what.length
}

/** The name of a start tag at this position, or nothing when there is none (end tags are not looked into). */
function tagName(html: string, from: number): string {
  const pattern = /[a-z][^\s/>]*/iy
  pattern.lastIndex = from
  return pattern.exec(html)?.[0] ?? ''
}

/** Where "</name" begins, or the end of the text: what is open there swallows the rest. */
function endOfRawText(html: string, name: string, from: number): number {
  const pattern = new RegExp(`</${name}(?=[\\s/>])`, 'gi')
  pattern.lastIndex = from
  return pattern.exec(html)?.index ?? html.length
}

/** The attributes of a tag, up to and with its ">". */
function readTag(html: string, from: number, styleAttribute: string): { attributes: string; end: number } {
  // One attribute: its name, and a value in quotes or without; HTML 13.1.2.3.
  const attribute = /[\s/]*([^\s/>=][^\s/>=]*)(\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>"'][^\s>]*)?)?/y
  const kept: string[] = []
  let at = from
  for (;;) {
    attribute.lastIndex = at
    const match = attribute.exec(html)
    if (!match?.[1] || match[0] === '') break
    at = attribute.lastIndex
    const name = match[1].toLowerCase()
    if (name.startsWith('on')) continue
    kept.push(` ${name === 'style' ? styleAttribute : match[1]}${match[2] ?? ''}`)
  }
  const end = after(html, '>', at)
  return { attributes: `${kept.join('')}>`, end }
}
