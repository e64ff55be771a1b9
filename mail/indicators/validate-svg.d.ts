declare module 'mailauth/lib/bimi/validate-svg.js' {
  /** Whether a picture keeps the profile of BIMI (SVG Tiny PS): no scripts, nothing from elsewhere. @throws Error */
  export function validateSvg(svg: Buffer): void
}
