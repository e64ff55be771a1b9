/**
 * XML 1.0 with namespaces, read strictly and bounded, and written. No document type: nothing can be declared, fetched or
 * multiplied by a document that comes from outside.
 */
export { readXml, XmlError, type XmlLimits } from './read.ts'
export {
  attributeOf,
  childOf,
  childrenOf,
  isElement,
  textOf,
  type XmlAttribute,
  type XmlElement,
  type XmlNode,
} from './tree.ts'
export { writeXml, xml } from './write.ts'
