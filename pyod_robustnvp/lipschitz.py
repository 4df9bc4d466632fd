"""The Lipschitz cap on linear maps: power iteration while training, singular values at the end.

Every function takes a stack of matrices of shape ``(..., n_out, n_in)`` and treats each matrix of
the stack on its own, so that all networks of all couplings and flows are capped in one call.
"""

import torch
from torch import Tensor


def power_iteration(weight: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    r"""Refine the estimate of the largest singular value by one step.

    .. math:: u = \frac{W^T v}{\|W^T v\|}, \quad \sigma = \|W u\|, \quad v' = \frac{W u}{\sigma}

    The estimate never exceeds the true value and, warm-started, follows it closely.

    References
    ----------
    Miyato, Kataoka, Koyama, Yoshida (2018), Spectral Normalization for Generative Adversarial
    Networks, Algorithm 1. https://arxiv.org/abs/1802.05957

    Parameters
    ----------
    weight : Tensor of shape (..., n_out, n_in)
        The matrices W.
    v : Tensor of shape (..., 1, n_out)
        The former estimate of the left singular vectors.

    Returns
    -------
    sigma : Tensor of shape (..., 1, 1)
        The estimates, at most the true values.
    v : Tensor of shape (..., 1, n_out)
        The refined vectors, of norm one unless the matrix is zero.

    Examples
    --------
    >>> weight = torch.diag(torch.tensor([3.0, 1.0]))
    >>> sigma, v = power_iteration(weight, torch.tensor([[1.0, 1.0]]))
    >>> round(sigma.item(), 3)
    2.864
    """
    u = torch.nn.functional.normalize(v @ weight, dim=-1)
    v = u @ weight.mT
    sigma = v.norm(dim=-1, keepdim=True)
    return sigma, v / sigma.clamp_min(torch.finfo(v.dtype).tiny)


@torch.no_grad()
def cap_(weight: Tensor, v: Tensor, k: float | Tensor) -> None:
    r"""Shrink in place each matrix whose estimated norm exceeds k: W <- W / max(sigma / k, 1).

    Parameters
    ----------
    weight : Tensor of shape (..., n_out, n_in)
        The matrices W, overwritten.
    v : Tensor of shape (..., 1, n_out)
        The singular vectors of the last call, overwritten.
    k : float or Tensor that broadcasts to (..., 1, 1)
        The cap on the largest singular value.

    References
    ----------
    Liu, Tan, Zhou (2022), Unsupervised Anomaly Detection by Robust Density Estimation,
    section Spectral Normalization, as a cap rather than a rescaling.

    Examples
    --------
    >>> weight = torch.diag(torch.tensor([3.0, 1.0]))
    >>> cap_(weight, torch.tensor([[1.0, 0.0]]), k=1.5)
    >>> weight
    tensor([[1.5000, 0.0000],
            [0.0000, 0.5000]])
    """
    sigma, refined = power_iteration(weight, v)
    v.copy_(refined)
    weight.div_((sigma / k).clamp_min(1.0))


def spectral_norm(weight: Tensor) -> Tensor:
    """Return the largest singular value of each matrix, exactly, in float64.

    Parameters
    ----------
    weight : Tensor of shape (..., n_out, n_in)
        The matrices; one without rows or columns has norm 0.

    Returns
    -------
    sigma : Tensor of shape (...,)

    Examples
    --------
    >>> spectral_norm(torch.diag(torch.tensor([3.0, 1.0]))).item()
    3.0
    """
    if weight.numel() == 0:
        return weight.new_zeros(weight.shape[:-2], dtype=torch.float64)
    norm: Tensor = torch.linalg.matrix_norm(weight.double(), ord=2)
    return norm


@torch.no_grad()
def certify_(weight: Tensor, k: float | Tensor) -> None:
    """Shrink in place so that no singular value exceeds k, by SVD rather than by estimate.

    Parameters
    ----------
    weight : Tensor of shape (..., n_out, n_in)
        The matrices W, overwritten.
    k : float or Tensor that broadcasts to (..., 1, 1)
        The bound that holds afterwards, rounding of the stored numbers included.

    Examples
    --------
    >>> weight = torch.diag(torch.tensor([3.0, 1.0]))
    >>> certify_(weight, k=1.5)
    >>> bool(spectral_norm(weight) <= 1.5)
    True
    """
    sigma = spectral_norm(weight)[..., None, None]
    below = k * (1 - 4 * torch.finfo(weight.dtype).eps)
    weight.copy_(torch.where(sigma > below, weight * (below / sigma.clamp_min(below)), weight))
