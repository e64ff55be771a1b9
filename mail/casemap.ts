/** Text by which to order: i;unicode-casemap, RFC 5051. By code point, case and compatibility forms aside. */
export const casemap = (text: string): string => text.toUpperCase().normalize('NFKD')
