import type { Config } from '#system'

/**
 * What browsers are told about each face, in one table; the first whose path fits. A handler that sets one of these
 * itself is left its own.
 */
interface Face {
  isFor: RegExp
  policy: string
  /** 'same-origin' where there are forms: under 'no-referrer' a browser sends them with `Origin: null`. */
  referrer: 'no-referrer' | 'same-origin'
}

const FACES: readonly Face[] = [
  // Bytes from outside.
  { isFor: /^\/jmap\/(?:download|held)\//, policy: "sandbox; default-src 'none'", referrer: 'no-referrer' },
  // What programs read.
  {
    isFor: /^\/(?:jmap\/|\.well-known\/|autodiscover\/|mail\/config-|setup\/|healthz$|readyz$|sign-out$)/i,
    policy: "default-src 'none'; frame-ancestors 'none'",
    referrer: 'no-referrer',
  },
  {
    isFor: /^\/app(?:\/|$)/,
    policy: [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' blob: data:",
      "font-src 'self'",
      "connect-src 'self'",
      "frame-src 'self' blob:",
      "manifest-src 'self'",
      "worker-src 'self'",
      "form-action 'self'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
    referrer: 'no-referrer',
  },
  // The public pages.
  {
    isFor: /^/,
    policy: [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self'",
      "font-src 'self'",
      "form-action 'self'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
    referrer: 'same-origin',
  },
]

const UNUSED_POWERS = [
  'accelerometer',
  'browsing-topics',
  'camera',
  'display-capture',
  'geolocation',
  'gyroscope',
  'magnetometer',
  'microphone',
  'midi',
  'payment',
  'serial',
  'usb',
]

const EVERYWHERE: Record<string, string> = {
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Origin-Agent-Cluster': '?1',
  'Permissions-Policy': UNUSED_POWERS.map((power) => `${power}=()`).join(', '),
}

/** Two years. RFC 6797. Not for subdomains, which may be somebody else's. */
const STRICT_TRANSPORT = 'max-age=63072000'

/** The headers for a path. */
export function headersFor({ trial }: Pick<Config, 'trial'>, path: string, isSecure: boolean): Record<string, string> {
  const { policy, referrer } = FACES.find(({ isFor }) => isFor.test(path)) as Face
  return {
    ...EVERYWHERE,
    'Content-Security-Policy': policy,
    'Referrer-Policy': referrer,
    // A trial's certificate is its own: a browser that remembers would lock people out of it.
    ...(isSecure && !trial ? { 'Strict-Transport-Security': STRICT_TRANSPORT } : {}),
  }
}
