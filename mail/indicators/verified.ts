import type { X509Certificate } from 'node:crypto'
import { now, nowMs, type GuardedFetch } from '#system'
import { namesOf, trustedCertificate } from './chain.ts'
import { pictureOf } from './logotype.ts'
import type { Published } from './published.ts'

export interface Indicators {
  /** The mark as SVG, when its certificate is trusted and was given for this domain; otherwise undefined. */
  find(published: Published): Promise<Buffer | undefined>
}

/** A certificate carries its picture in itself. */
const MOST_BYTES = 512 * 1024

/** How long a mark is believed, how long that there is none, and marks that are kept in memory. */
const KEPT_MS = 24 * 3_600_000
const ABSENT_MS = 3_600_000
const MOST_KEPT = 500

/** @param roots  authorities for marks; those that the field has agreed on (bimigroup.org) when none are given */
export function openIndicators(fetch: GuardedFetch, roots?: readonly X509Certificate[]): Indicators {
  const kept = new Map<string, { svg: Promise<Buffer | undefined>; until: number }>()
  return {
    find(published) {
      const key = JSON.stringify([published.domain, published.selector, published.authority])
      const known = kept.get(key)
      if (known !== undefined && known.until > nowMs()) return known.svg
      const entry = { svg: verify(fetch, roots, published), until: nowMs() + KEPT_MS }
      void entry.svg.then((svg) => {
        if (svg === undefined) entry.until = nowMs() + ABSENT_MS
      })
      kept.delete(key)
      kept.set(key, entry)
      if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value as string)
      return entry.svg
    },
  }
}

/** Never rejects: a mark that cannot be verified is none. */
async function verify(
  fetch: GuardedFetch,
  roots: readonly X509Certificate[] | undefined,
  { domain, selector, authority }: Published,
): Promise<Buffer | undefined> {
  try {
    const { status, body } = await fetch({
      url: authority,
      schemes: ['https:'],
      accept: 'application/pem-certificate-chain',
      maxBytes: MOST_BYTES,
      maxRedirects: 0,
    })
    if (status !== 200) return undefined
    // Before anything in it is read: what an authority has not signed may be anything.
    // Libraries that wait for the first mark.
    const trusted = roots ?? (await import('@postalsys/vmc')).RootStore.create().rootCerts
    const certificate = trustedCertificate(body.toString('latin1'), trusted, now())
    if (certificate === undefined || !isFor(certificate, domain, selector)) return undefined
    const svg = pictureOf(certificate)
    if (svg === undefined) return undefined
    const { validateSvg } = await import('mailauth/lib/bimi/validate-svg.js')
    validateSvg(svg)
    return svg
  } catch (error) {
    if (error instanceof Error) return undefined
    throw error
  }
}

/** §3.2.3 of the requirements for such certificates: the domain itself, one that it lies in, or this very selector of it. */
function isFor(certificate: X509Certificate, domain: string, selector: string): boolean {
  const name = domain.toLowerCase()
  const names = namesOf(certificate)
  return (
    names.includes(`${selector.toLowerCase()}._bimi.${name}`) ||
    names.some((one) => one === name || name.endsWith(`.${one}`))
  )
}
