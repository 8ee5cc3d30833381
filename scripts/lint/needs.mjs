/**
 * Reports services in `Needs<'…'>` of src/views/context.ts that a function takes but does not use,
 * neither itself nor through the functions that it passes its services to.
 * @type {import('eslint').Rule.RuleModule}
 */
const unused = {
  create(context) {
    const { sourceCode } = context;
    const services = sourceCode.parserServices;
    const checker = services.program.getTypeChecker();

    /** The names in `Needs<…>`, also behind an alias; undefined for other types. */
    const namesIn = (annotation) => {
      const type = annotation?.typeAnnotation;
      if (type?.type !== 'TSTypeReference' || !/^(Needs|Services)$/.test(type.typeName.name ?? ''))
        return undefined;
      return propertiesOf(services.getTypeAtLocation(type));
    };
    const propertiesOf = (type) => type.getProperties().map((property) => property.name);
    const namesInPattern = ({ properties }) =>
      properties.map((property) => property.key?.name ?? ALL);

    /** Returns the services that an expression uses if its value is the object with all of them. */
    const usesOf = (node) => {
      const { parent } = node;
      if (parent.type === 'MemberExpression' && parent.object === node)
        return [parent.property.name];
      if (parent.type === 'VariableDeclarator' && parent.id.type === 'ObjectPattern')
        return namesInPattern(parent.id);
      const expected = checker.getContextualType(services.esTreeNodeToTSNodeMap.get(node));
      return expected ? propertiesOf(expected) : [ALL];
    };

    /** Returns every place in `scope` that reads the variable `name` or that property of `this`. */
    const readsOfThis = (node, name, found = []) => {
      if (node.type === 'MemberExpression' && node.object.type === 'ThisExpression') {
        if (node.property.name === name) found.push(...usesOf(node));
      }
      if (node.type === 'VariableDeclarator' && node.init?.type === 'ThisExpression') {
        const taken = node.id.properties?.find((property) => property.key?.name === name);
        if (taken) {
          const variable = sourceCode
            .getDeclaredVariables(node)
            .find((declared) => declared.name === taken.value.name);
          found.push(...(variable ? usesOfVariable(variable) : [ALL]));
        }
      }
      for (const key of sourceCode.visitorKeys[node.type] ?? []) {
        for (const child of [node[key]].flat()) if (child) readsOfThis(child, name, found);
      }
      return found;
    };
    const usesOfVariable = (variable) =>
      variable.references
        .filter((reference) => reference.isRead())
        .flatMap(({ identifier }) => usesOf(identifier));

    const check = (node) => {
      for (const given of node.params) {
        const isProperty = given.type === 'TSParameterProperty';
        const parameter = isProperty ? given.parameter : given;
        const names = namesIn(parameter.typeAnnotation);
        if (!names) continue;
        const used = [];
        if (parameter.type === 'ObjectPattern') used.push(...namesInPattern(parameter));
        else {
          const variable = sourceCode
            .getDeclaredVariables(node)
            .find((declared) => declared.name === parameter.name);
          if (variable) used.push(...usesOfVariable(variable));
        }
        if (isProperty) {
          const body = sourceCode.getAncestors(node).findLast(({ type }) => type === 'ClassBody');
          used.push(...readsOfThis(body, parameter.name));
        }
        const idle = names.filter((name) => !used.includes(name) && !used.includes(ALL));
        if (idle.length === 0) continue;
        context.report({
          node: parameter,
          message: `Takes services that it does not use: ${idle.join(', ')}.`,
        });
      }
    };
    return {
      FunctionDeclaration: check,
      FunctionExpression: check,
      ArrowFunctionExpression: check,
    };
  },
};

/**
 * Reports parameters that take all of ViewContext.
 * @type {import('eslint').Rule.RuleModule}
 */
const named = {
  create: (context) => ({
    'Identifier[typeAnnotation], ObjectPattern[typeAnnotation]'(node) {
      const type = node.typeAnnotation.typeAnnotation;
      if (type.type !== 'TSTypeReference' || type.typeName.name !== 'ViewContext') return;
      context.report({ node, message: "Name the services that it uses: Needs<'fleet' | 'log'>." });
    },
  }),
};

/** Stands for every service, if the rule cannot see which ones are used. */
const ALL = '*';

/** Rules that limit each function to the services that it uses. */
export const needs = { rules: { unused, named } };
