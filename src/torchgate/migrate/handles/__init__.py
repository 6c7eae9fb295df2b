"""How torch reaches a function: names lexically resolved, who refers to what, and the handle passed down.

``lexical`` resolves names by scope, ``references`` finds everything in the project that names a module-level
name, ``holders`` says which expression holds the handle at a place, ``injection`` decides which functions can
take it as a parameter, ``taken`` plans what becomes of the torch names that a module imports.
"""
