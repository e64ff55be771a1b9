/** Whether what the first view needs has come. */
export const state = $state({ started: false })
