/* Sets of small numbers, as bits. */
#define IN(set, x) ((((set) >> (x)) & 1) == 1)
#define ADD(set, x) set = (set) | (1 << (x))
#define REMOVE(set, x) set = (set) & ~(1 << (x))

/* A property by its name, so that spin says which one was broken. */
#define MUST(property, condition) property = (condition); assert(property)

/* A run that ends is not looked at where something has to come some day; so none ends. */
#ifdef LIVENESS
bool odd;
#define DO_NOT_END ; do :: odd = !odd od
#else
#define DO_NOT_END
#endif
