/** Where there is no room for it, whether the list or letter beside the composer lies over it. */
export const beside = $state({ open: false })
