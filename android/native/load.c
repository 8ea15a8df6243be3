// Loads the Android library outside Android and calls its JNI_OnLoad and natives, through a JNIEnv of the few functions that they use.
//
//     load LIBRARY
//
// Prints the JNI version that the library asks for, its own version, then what two failing calls throw: a folder that is not there, and a defect (a byte array of length -1),
// which the library's own unwinder has to catch.

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct { int32_t length; char bytes[]; } Array;
typedef struct { Array *code, *message; } Exception;
typedef const void *const *Env;
typedef union { int64_t number; void *object; } Value;

static int object; // stands for every class, method and class loader
static Exception *pending;

static Array *array(int32_t length, const char *bytes) {
    Array *made = calloc(1, sizeof *made + (length < 0 ? 0 : length));
    made->length = length;
    if (bytes) memcpy(made->bytes, bytes, length);
    return made;
}

static int32_t get_version(Env *env) { return 0x10006; } // 1.6, as ART's
static void *find_class(Env *env, const char *name) { return &object; }
static int32_t throw(Env *env, Exception *thrown) { return pending = thrown, 0; }
static int32_t push_local_frame(Env *env, int32_t capacity) { return 0; }
static void *new_reference(Env *env, void *of) { return of; }
static void delete_reference(Env *env, void *reference) {}
static void *get_method_id(Env *env, void *of, const char *name, const char *signature) { return &object; }
static void *new_string_utf(Env *env, const char *text) { return &object; }
static void *call_method(Env *env, void *of, void *method, const Value *arguments) { return &object; }
static uint8_t is_instance_of(Env *env, void *this, void *class) { return 1; }
static int32_t get_array_length(Env *env, Array *of) { return of->length; }
static Array *new_byte_array(Env *env, int32_t length) { return array(length, NULL); }
static uint8_t exception_check(Env *env) { return pending != NULL; }

static void *new_object(Env *env, void *class, void *constructor, const Value *arguments) {
    Exception *made = malloc(sizeof *made);
    *made = (Exception){arguments[0].object, arguments[1].object};
    return made;
}

static void get_byte_array_region(Env *env, Array *from, int32_t start, int32_t length, char *to) {
    memcpy(to, from->bytes + start, length);
}

static void set_byte_array_region(Env *env, Array *to, int32_t start, int32_t length, const char *from) {
    memcpy(to->bytes + start, from, length);
}

static void missing(int slot) {
    fprintf(stderr, "load.c lacks function %d of JNI's table\n", slot);
    exit(3);
}

// A function for each slot from 0 to 249, numbered from 100 on, which names the slot; then those that there are.
#define TEN(f, t) f(t##0) f(t##1) f(t##2) f(t##3) f(t##4) f(t##5) f(t##6) f(t##7) f(t##8) f(t##9)
#define FIFTY(f, h) TEN(f, h##0) TEN(f, h##1) TEN(f, h##2) TEN(f, h##3) TEN(f, h##4)
#define MORE(f, h) TEN(f, h##5) TEN(f, h##6) TEN(f, h##7) TEN(f, h##8) TEN(f, h##9)
#define SLOTS(f) FIFTY(f, 1) MORE(f, 1) FIFTY(f, 2) MORE(f, 2) FIFTY(f, 3)
#define LACKING(n) static void lacking##n(void) { missing(n - 100); }
#define ENTRY(n) [n - 100] = lacking##n,
SLOTS(LACKING)

static int32_t get_java_vm(Env *env, Env **vm);

static const void *const functions[] = {
    SLOTS(ENTRY)
    [4] = get_version,
    [6] = find_class,
    [13] = throw,
    [19] = push_local_frame,
    [20] = new_reference, // PopLocalFrame: its result stays
    [21] = new_reference, // global
    [22] = delete_reference,
    [23] = delete_reference, // local
    [25] = new_reference,
    [30] = new_object,
    [31] = new_reference, // GetObjectClass: any object will do
    [32] = is_instance_of,
    [33] = get_method_id,
    [36] = call_method,
    [113] = get_method_id, // static
    [116] = call_method, // static
    [167] = new_string_utf,
    [171] = get_array_length,
    [176] = new_byte_array,
    [200] = get_byte_array_region,
    [208] = set_byte_array_region,
    [219] = get_java_vm,
    [228] = exception_check,
};
static Env env = functions, vm = functions;

static int32_t get_java_vm(Env *of, Env **found) { return *found = &vm, 0; }

static void *export(void *library, const char *name) {
    void *found = dlsym(library, name);
    if (!found) fprintf(stderr, "%s\n", dlerror()), exit(1);
    return found;
}

static void *native(void *library, const char *name) {
    char symbol[80];
    snprintf(symbol, sizeof symbol, "Java_dev_edgeinfinite_internal_Native_%s", name);
    return export(library, symbol);
}

static void report(const char *call) {
    if (!pending) fprintf(stderr, "%s threw nothing\n", call), exit(1);
    Array *code = pending->code, *message = pending->message;
    printf("%s: %.*s: %.*s\n", call, code->length, code->bytes, message->length, message->bytes);
    pending = NULL;
}

int main(int count, char **arguments) {
    if (count != 2) return fprintf(stderr, "usage: load LIBRARY\n"), 2;
    void *library = dlopen(arguments[1], RTLD_NOW);
    if (!library) return fprintf(stderr, "%s\n", dlerror()), 1;
    int32_t (*on_load)(Env *, void *) = export(library, "JNI_OnLoad");
    Array *(*version)(Env *, void *) = native(library, "version");
    int64_t (*open)(Env *, void *, Array *, Array *) = native(library, "open");

    printf("JNI_OnLoad: %#x\n", on_load(&vm, NULL));
    Array *found = version(&env, &object);
    printf("version: %.*s\n", found->length, found->bytes);
    open(&env, &object, array(8, "/nowhere"), array(2, "{}"));
    report("a folder that is not there");
    open(&env, &object, array(-1, NULL), array(2, "{}"));
    report("a defect");
    return 0;
}
