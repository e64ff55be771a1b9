import { endOfHeader, headerFields, withFields } from './header-fields.ts'

/** Signatures of a letter that are looked at; an honest one has a handful. Each costs a question and an RSA operation. */
const MOST_DKIM = 10
/** Sets of ARC; RFC 8617 §4.2.1 allows 50, and a letter that was forwarded has a few. */
const MOST_ARC = 10
/** Bytes of a header that is looked at for signatures. */
const MOST_HEADER = 512 * 1024

const SIGNATURE = /^dkim-signature[ \t]*:/i
const SEAL = /^arc-seal[ \t]*:/i

export interface Bounded {
  bytes: Buffer
  /** There was more than is looked at. */
  isExcessive: boolean
  mayArc: boolean
}

/** Leaves out signatures beyond those that are looked at, so that hundreds of them cost no more than ten. */
export function boundSignatures(content: Buffer): Bounded {
  if (endOfHeader(content) > MOST_HEADER) return { bytes: Buffer.alloc(0), isExcessive: true, mayArc: false }
  const { fields, end } = headerFields(content)
  let [signatures, seals] = [0, 0]
  const kept = fields.filter((field) => {
    if (SEAL.test(field)) seals++
    return !SIGNATURE.test(field) || ++signatures <= MOST_DKIM
  })
  return {
    bytes: kept.length === fields.length ? content : withFields(content, kept, end),
    isExcessive: signatures > MOST_DKIM || seals > MOST_ARC,
    mayArc: seals <= MOST_ARC,
  }
}
