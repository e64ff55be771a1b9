import { languages } from './languages.ts'

/** Search engines may read the public pages and what they need to look right. RFC 9309. */
export const robots = [
  'User-agent: *',
  'Allow: /$',
  ...languages.map((language) => `Allow: /${language}/`),
  'Allow: /assets/site/',
  'Disallow: /',
  '',
].join('\n')
