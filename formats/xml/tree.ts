export interface XmlAttribute {
  name: string
  /** '' for none: an attribute has none unless it has a prefix. */
  namespace: string
  value: string
}

export interface XmlElement {
  /** Without its prefix. */
  name: string
  /** '' for none. */
  namespace: string
  attributes: XmlAttribute[]
  /** Elements and text in their order; two texts never stand side by side. */
  children: XmlNode[]
}

export type XmlNode = XmlElement | string

export const isElement = (node: XmlNode): node is XmlElement => typeof node !== 'string'

/** @param namespace  any, when it is not given */
export const childrenOf = (parent: XmlElement, name: string, namespace?: string): XmlElement[] =>
  parent.children
    .filter(isElement)
    .filter((child) => child.name === name && (namespace === undefined || child.namespace === namespace))

export const childOf = (parent: XmlElement, name: string, namespace?: string): XmlElement | undefined =>
  childrenOf(parent, name, namespace)[0]

/** The text that stands directly in an element, without that of elements in it. */
export const textOf = (element: XmlElement): string =>
  element.children.filter((child) => typeof child === 'string').join('')

export const attributeOf = (element: XmlElement, name: string, namespace = ''): string | undefined =>
  element.attributes.find((one) => one.name === name && one.namespace === namespace)?.value
