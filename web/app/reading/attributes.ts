/** Attributes by which the cleaned letter tells its frame what to do; the cleaner removes any the letter brings. */
export const contentIdAttribute = 'data-zegel-cid'
export const styleAttribute = 'data-zegel-style'
export const hostAttribute = 'data-zegel-host'
