declare module 'snowball-stemmers' {
  export function newStemmer(language: 'dutch' | 'english' | 'french' | 'german'): { stem(word: string): string }
}
