import { normalizeAddress } from '#formats/message'

export const TRUSTED = 'trustedSender'

export interface TrustedSender extends Record<string, unknown> {
  /** In the directory's form. */
  address: string
}

/** An address in the form in which it is compared; undefined when it is none. Whole domains are not trusted. */
export const trustedAddress = (text: string): string | undefined => normalizeAddress(text)

export const trustedLookup = ({ address }: TrustedSender): string => address
