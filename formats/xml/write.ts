import { LOCAL_NAME, NO_CHARACTER, XML_NAMESPACE } from './names.ts'
import type { XmlElement, XmlNode } from './tree.ts'

const NAME = new RegExp(`^${LOCAL_NAME}$`, 'u')

/** An element with attributes in no namespace and what is in it: numbers as text, and nothing for undefined. */
export function xml(
  name: string,
  attributes: Readonly<Record<string, string>> = {},
  children: readonly (XmlNode | number | undefined)[] = [],
  namespace = '',
): XmlElement {
  return {
    name,
    namespace,
    attributes: Object.entries(attributes).map(([key, value]) => ({ name: key, namespace: '', value })),
    children: children.flatMap((child) =>
      child === undefined ? [] : typeof child === 'number' ? String(child) : child,
    ),
  }
}

/**
 * Writes a document as UTF-8: what readXml reads of it is what was given. Each element whose namespace is another than that around it declares it.
 * @throws RangeError for a name or a character that no document may have
 */
export const writeXml = (root: XmlElement): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n${elementText(root, '')}\n`

function elementText({ name, namespace, attributes, children }: XmlElement, around: string): string {
  const parts = [checked(name)]
  if (namespace !== around) parts.push(`xmlns="${escaped(namespace)}"`)
  const prefixes = new Map<string, string>([[XML_NAMESPACE, 'xml']])
  for (const attribute of attributes) {
    let prefix = prefixes.get(attribute.namespace)
    if (attribute.namespace !== '' && prefix === undefined) {
      prefix = `n${prefixes.size}`
      prefixes.set(attribute.namespace, prefix)
      parts.push(`xmlns:${prefix}="${escaped(attribute.namespace)}"`)
    }
    parts.push(`${prefix === undefined ? '' : `${prefix}:`}${checked(attribute.name)}="${escaped(attribute.value)}"`)
  }
  const inner = children
    .map((child) => (typeof child === 'string' ? escaped(child) : elementText(child, namespace)))
    .join('')
  return inner === '' ? `<${parts.join(' ')}/>` : `<${parts.join(' ')}>${inner}</${name}>`
}

function checked(name: string): string {
  if (!NAME.test(name)) throw new RangeError('not a name of XML')
  return name
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  // Else a reader would make spaces and line feeds of them.
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
}

function escaped(text: string): string {
  if (NO_CHARACTER.test(text)) throw new RangeError('not a character of XML')
  return text.replace(/[&<>"\t\n\r]/g, (character) => ESCAPES[character] as string)
}
