package androidx.lifecycle

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.MainScope

/** The part of AndroidX's class that docs/ uses. */
abstract class ViewModel {
    protected open fun onCleared() = Unit
}

/** AndroidX's property of that name. */
val ViewModel.viewModelScope: CoroutineScope get() = MainScope()
