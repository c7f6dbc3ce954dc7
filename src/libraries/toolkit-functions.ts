/** What Nest's packages call of es-toolkit: see `library-hooks.ts`. The spec beside this compares them with what they import. */
export const toolkitFunctions = [
  ...['assign', 'clone', 'cloneDeep', 'compact', 'find', 'flatMap', 'flatten', 'get', 'groupBy', 'head', 'identity'],
  ...['isArray', 'isEmpty', 'isEqual', 'isFunction', 'isNil', 'isString', 'isUndefined', 'keyBy', 'map', 'mapValues'],
  ...['merge', 'negate', 'omit', 'omitBy', 'pick', 'pickBy', 'some', 'unionWith', 'uniq'],
];
