const MOST_PERCENT = 50;
const HARDLY_ANY_PERCENT = 10;

/** Whether a part is half of the whole or more: what explains less leaves more open than it tells. */
export const isMostOf = (part: number, whole: number): boolean => part * 100 >= whole * MOST_PERCENT;

/** Whether a part is so small that it may be the coming and going of any day, which a threshold of 10 % lets pass too. */
export const isHardlyAnyOf = (part: number, whole: number): boolean => part * 100 <= whole * HARDLY_ANY_PERCENT;
